"""The log holds what happened to the program and nothing of a patient."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import sys
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist import logs, offline
from radassist.errors import Bug

NAME = "DOE^JANE"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Logs go to a file in this folder, which is not there yet."""
    logs.start(tmp_path / "home", {"RADASSIST_LOG": "file"})
    yield tmp_path / "home"
    logs.stop()


def read(home: Path) -> list[dict[str, object]]:
    text = (home / "logs" / "radassist.log").read_text("ascii")
    return [json.loads(line) for line in text.splitlines()]


def test_events_wait_for_their_home_and_stand_in_a_private_file(home: Path) -> None:
    logs.log("command.start", command="draft", version="0.1.0")
    assert not home.exists(), "a log makes no home"
    home.mkdir()
    logs.log("command.end", command="draft", exit_code=0, seconds=1.25)
    first, last = read(home)
    assert (first["event"], first["command"], first["version"]) == (
        "command.start",
        "draft",
        "0.1.0",
    )
    assert (last["exit_code"], last["seconds"], last["level"]) == (0, 1.25, "INFO")
    if os.name == "posix":
        assert stat.S_IMODE((home / "logs" / "radassist.log").stat().st_mode) == 0o600
        assert stat.S_IMODE((home / "logs").stat().st_mode) == 0o700


def test_what_libraries_say_is_left_out(home: Path) -> None:
    home.mkdir()
    logging.getLogger("pydicom.charset").warning("Failed to decode %s", NAME)
    logging.getLogger("other").error(NAME, exc_info=ValueError(NAME))
    logging.getLogger(NAME).error("x")
    logging.getLogger("PIL").info(NAME)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"bad value {NAME}", stacklevel=1)
    text = (home / "logs" / "radassist.log").read_text("ascii")
    assert "DOE" not in text.upper()
    assert [(e["event"], e.get("logger")) for e in read(home)] == [
        ("library.message", "pydicom"),
        ("library.message", "other"),
        ("library.message", None),
        ("library.message", "py"),
    ]


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (NAME, {}),
        ("command.start", {"name": "x"}),
        ("command.start", {"command": NAME}),
        ("command.start", {"command": "draft /data/doe"}),
        ("record", {"action": "study.open DOE"}),
        ("record", {"pack": "doe"}),
        ("task.fault", {"fault": "DOE^JANE"}),
        ("command.end", {"seconds": "1.2.840.10008.1"}),
        ("command.defect", {"place": "/home/doe/x.py:3"}),
        ("command.start", {"version": "0.1.0\nPRIORITY=0"}),
    ],
)
def test_nothing_else_can_be_logged(home: Path, event: str, fields: dict[str, str]) -> None:
    home.mkdir()
    with pytest.raises(Bug):
        logs.log(event, **fields)
    assert not (home / "logs").exists()


@given(st.text(min_size=1, max_size=30), st.sampled_from(sorted(logs.FIELDS)))
def test_no_field_takes_a_name_with_a_space_or_a_caret(text: str, field: str) -> None:
    for between in (" ", "^", "\n", "/", "="):
        with pytest.raises(Bug):
            logs.log("record", **{field: f"{text}{between}{text}"})


def test_no_field_takes_a_uid_or_a_date() -> None:
    for value in ("1.2.840.113619.2.55.3", "19700101", "1970-01-01"):
        for field in set(logs.FIELDS) - {"count", "seconds", "ms_per_image", "tokens_per_second"}:
            if field == "version" and value.count("-") == 0:
                continue  # numbers and points are what a version is made of
            if field == "version":
                continue
            with pytest.raises(Bug):
                logs.log("record", **{field: value})


def test_a_large_file_is_set_aside_and_few_are_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    monkeypatch.setattr(logs, "MAX_BYTES", 300)
    for number in range(40):
        logs.log("record", count=number)
    names = sorted(p.name for p in (home / "logs").iterdir())
    assert names == ["radassist.log", *(f"radassist.log.{n}" for n in (1, 2, 3))]
    assert read(home)[-1]["count"] == 39


def test_where_a_defect_came_from_without_its_words() -> None:
    try:
        logs.log("no such event " + NAME)
    except Bug as error:
        place = logs.place_of(error)
    assert place.startswith("radassist.logs:")
    assert logs.kind_of(zlib.error(NAME)) == "Exception"
    assert logs.kind_of(ValueError(NAME)) == "ValueError"
    assert logs.place_of(ValueError(NAME)) == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Unix-domain sockets")
def test_the_journal_gets_datagrams_of_its_native_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offline.installed(), "the guard lets the journal through and is on"
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(path)
        journal.settimeout(10)
        monkeypatch.setattr(logs, "JOURNAL", path)
        logs.start(tmp_path / "home", {})
        try:
            logs.log("command.end", logging.ERROR, command="draft", exit_code=4)
        finally:
            logs.stop()
        lines = journal.recv(4096).decode("ascii").splitlines()
    assert "PRIORITY=3" in lines
    assert "SYSLOG_IDENTIFIER=radassist" in lines
    assert "MESSAGE=event=command.end command=draft exit_code=4" in lines
    assert "RADASSIST_EXIT_CODE=4" in lines
    assert all("=" in line for line in lines)
    assert not (tmp_path / "home").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Unix-domain sockets")
def test_a_journal_that_does_not_answer_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "socket").touch()
    assert logs.JournalSink(str(tmp_path / "socket"))(logging.INFO, {"event": "record"})
