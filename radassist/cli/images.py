"""Commands on images: ``open`` (window), ``info``, ``see``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from radassist.app.workbench import Workbench
from radassist.cli.output import ATTENTION, DONE, Never, TerminalProgress, say, say_json, tell
from radassist.domain.findings import Finding
from radassist.domain.study import Frame, OpenResult, RejectedFile, Series
from radassist.errors import InputFault
from radassist.ports import NothingOpened, VisionResult
from radassist.render.images import write_label_map
from radassist.workflow.describe import describe
from radassist.workflow.export import make_folder
from radassist.workflow.see import see_frame


def empty_window(arguments: argparse.Namespace) -> int:
    """The window without a study."""
    arguments.paths = []
    return open_window(arguments)


def open_window(arguments: argparse.Namespace) -> int:
    """The window, with the paths opened in it."""
    from radassist.app.window import run_window

    missing = [p for p in arguments.paths if not p.exists()]
    if missing:
        raise InputFault(f"{missing[0]} does not exist.", "Check the path.")
    return run_window(arguments.paths)


def info(arguments: argparse.Namespace) -> int:
    """One line a series: what it is, its geometry, and what is wrong with it."""
    with Workbench() as bench:
        nothing: NothingOpened | None = None
        try:
            result = bench.open(arguments.paths, TerminalProgress(), Never())
        except NothingOpened as fault:
            nothing, result = fault, fault.result
        for line in describe(result):
            if arguments.json:
                say_json(line)
            else:
                _say_series(line)
    if nothing is not None:
        raise nothing
    return ATTENTION if _broken(result) else DONE


def _say_series(line: dict[str, Any]) -> None:
    if "uid" not in line:
        for item in line.get("unreadable", ()):
            say(f"not opened: {item['path']}: {item['reason']}")
        for item in line.get("companions", ()):
            say(f"beside the images: {item['path']} ({item['kind']})")
        return
    name = f"{line['modality']} {line['body_part']} {line['view']}".strip()
    say(f"{name}: {line['slices']} x {line['rows']} x {line['columns']}  {line['description']}")
    for warning in line["warnings"]:
        say(f"  {warning}")


def _broken(result: OpenResult) -> bool:
    return any(r.severity == "error" for r in result.rejected)


def see(arguments: argparse.Namespace) -> int:
    """Vision findings, one line an image; a refusal is an answer, an unreadable file is told."""
    if arguments.masks:
        make_folder(arguments.masks)
    with Workbench() as bench:
        nothing: NothingOpened | None = None
        try:
            result = bench.open(arguments.paths, TerminalProgress(), Never())
        except NothingOpened as fault:
            nothing, result = fault, fault.result
        taken: set[str] = set()
        _see_all(bench, result, arguments, taken)
        for rejected in result.rejected:
            if rejected.duplicate and rejected.path.is_file():
                # Shown once in a series, but asked for: its pixels may differ all the same.
                alone = bench.archive.open([rejected.path], TerminalProgress(), Never())
                _see_all(bench, alone, arguments, taken)
            else:
                _say_unread(rejected, as_json=arguments.json)
    if nothing is not None:
        raise nothing
    return ATTENTION if _broken(result) else DONE


def _see_all(
    bench: Workbench, result: OpenResult, arguments: argparse.Namespace, taken: set[str]
) -> None:
    """One line for each frame of what was opened."""
    for _, series in result.series():
        for frame in series.frames:
            answer, _ = see_frame(bench.archive, bench.vision, series, frame)
            mask = _write_mask(answer, frame, arguments.masks, taken)
            _say_seen(answer, series, frame, mask, as_json=arguments.json)


def _say_unread(rejected: RejectedFile, *, as_json: bool) -> None:
    refusal = f"not read: {rejected.reason}"
    if as_json:
        say_json(_seen_line(str(rejected.path), refusal=refusal))
    else:
        tell(f"{rejected.path}: {refusal}")


def _write_mask(
    answer: VisionResult, frame: Frame, folder: Path | None, taken: set[str]
) -> str | None:
    """Write the label map under the image's name; equal names of two folders get a number."""
    if folder is None or answer.mask is None:
        return None
    stem = f"{frame.instance.shown_path.stem}.{frame.frame}"
    names = (f"{stem}{n}.mask.png" for n in ("", *(f"-{i}" for i in range(2, len(taken) + 3))))
    name = next(n for n in names if n not in taken)
    taken.add(name)
    write_label_map(folder / name, answer.mask)
    return str(folder / name)


def _say_seen(
    answer: VisionResult, series: Series, frame: Frame, mask: str | None, *, as_json: bool
) -> None:
    path = str(frame.instance.shown_path)
    if not as_json:
        if answer.refusal:
            say(f"{path}: {answer.refusal}")
        for finding in answer.findings:
            say(f"{path}: {finding.text}")
        for warning in answer.warnings:
            say(f"{path}: note: {warning}")
        return
    line = _seen_line(path, refusal=answer.refusal or None)
    line |= {
        "frame": frame.frame,
        "view": series.view,
        "pack": answer.pack or None,
        "findings": [_finding_json(f, answer, mask) for f in answer.findings],
        "warnings": list(answer.warnings),
        "seconds": round(answer.seconds, 4),
    }
    say_json(line)


def _seen_line(path: str, *, refusal: str | None) -> dict[str, Any]:
    """A line of ``see --json`` with every key that any line has."""
    return {
        "path": path,
        "frame": None,
        "view": "",
        "pack": None,
        "findings": [],
        "refusal": refusal,
        "warnings": [],
        "seconds": 0.0,
    }


#: How ``see`` gives places on an image.
_COORDINATES = (
    "pixels of the stored image: x along columns, y along rows, centre of the first pixel (0, 0)"
)


def _finding_json(finding: Finding, answer: VisionResult, mask: str | None) -> dict[str, Any]:
    measurement = finding.measurement
    evidence: dict[str, Any] = {
        "image": finding.image.to_dict() if finding.image else None,
        "calipers": [c.to_dict() for c in measurement.calipers] if measurement else [],
        "regions": _regions(answer),
        "coordinates": _COORDINATES,
    }
    if mask:
        evidence["mask"] = mask
    data: dict[str, Any] = {
        "name": finding.name,
        "concept": finding.concept,
        "presence": finding.presence.value,
        "side": finding.laterality.value,
        "text": finding.text,
    }
    if measurement:
        data["value"] = measurement.value
        data["unit"] = measurement.unit
        data["half_width_95"] = measurement.half_width_95
        if measurement.half_width_95 is not None:
            low = measurement.value - measurement.half_width_95
            high = measurement.value + measurement.half_width_95
            data["interval_95"] = [round(max(0.0, low), 6), round(high, 6)]
    if finding.score is not None:
        data["probability"] = finding.score
    data["evidence"] = evidence
    return data


def _regions(answer: VisionResult) -> list[dict[str, Any]]:
    """Each label's bounding box in pixels (x0, y0, x1, y1; inclusive) and its area in pixels."""
    if answer.mask is None:
        return []
    regions = []
    for number, name in answer.labels:
        rows, columns = (answer.mask == number).nonzero()
        if rows.size:
            box = [int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())]
            regions.append({"label": number, "name": name, "box": box, "pixels": int(rows.size)})
    return regions
