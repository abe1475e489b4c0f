"""report.json on disk: read with limits, written beside its place and renamed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from radassist.domain.document import ReportDocument, from_document, to_document
from radassist.errors import InputFault
from radassist.workflow.export import export

_MAX_BYTES = 64 * 1024 * 1024


def read_bytes(path: Path) -> bytes:
    """The content of an input file.

    :raises InputFault: it is missing, not a file, unreadable or far too large for a report.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputFault(f"{path} is too large to be a report.", "Give a report file.")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputFault(f"{path} does not exist.", "Check the path.") from error
    except OSError as error:
        raise InputFault(
            f"{path} cannot be read ({error.strerror}).", "Check the path and permissions."
        ) from error


def read_text(path: Path) -> str:
    """A text file as UTF-8 (with or without a mark), else as Windows-1252.

    :raises InputFault: as ``read_bytes``, or the file holds no text.
    """
    data = read_bytes(path)
    if b"\x00" in data[:4096]:
        raise InputFault(f"{path} is not a text file.", "Give a plain-text report.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if not text.strip():
        raise InputFault(f"{path} is empty.", "Give a report with text in it.")
    return text


def parse_json(path: Path) -> Any:
    """The parsed content of a JSON file.

    :raises InputFault: as ``read_text``, or the text is not JSON.
    """
    try:
        return json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputFault(f"{path} is not valid JSON.", "Give a report.json.") from error


def read_report(path: Path) -> ReportDocument:
    """A report.json.

    :raises InputFault: it cannot be read or is not a report.
    """
    return from_document(parse_json(path))


def write_report(document: ReportDocument, path: Path) -> None:
    """Write report.json; the old file stays until the new one is whole.

    :raises StorageFault: it cannot be written.
    """
    export(document, path.resolve().parent, {path.name: write_document})


def write_document(document: ReportDocument, path: Path) -> list[str]:
    """The JSON rendering, as an export writer.

    :raises OSError: it cannot be written.
    """
    text = json.dumps(to_document(document), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")  # export() names the target of a failure
    return []
