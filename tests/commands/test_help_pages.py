"""The guide says of keys and colours what the program does."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # our own file
from pathlib import Path

from radassist.commands import ACTIONS, normal_key

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
GUIDE = (RESOURCES / "help" / "guide.md").read_text(encoding="utf-8")
KEYS = {normal_key(k): a for a in ACTIONS for k in a.keys}


def test_every_key_of_the_guide_is_in_the_table() -> None:
    named = re.findall(r"`([^`]+)`", GUIDE)
    assert len(named) > 30
    digits = set("123456789")
    assert [k for k in named if normal_key(k) not in KEYS and k not in digits] == []


def test_the_key_list_names_the_right_actions() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \|$", GUIDE, re.MULTILINE)
    assert len(rows) >= 15
    for key, title in rows:
        assert KEYS[normal_key(key)].title.rstrip("…") == title


def test_the_guide_has_its_parts() -> None:
    headings = re.findall(r"^# (.+)$", GUIDE, re.MULTILINE)
    assert headings[0] == "The job in six steps"
    assert {"Colours", "Mouse on an image", "What it does not do"} <= set(headings)
    assert re.findall(r"^(\d)\. ", GUIDE, re.MULTILINE) == list("123456")


def test_the_icon_is_sound() -> None:
    root = ET.parse(RESOURCES / "icons" / "radassist.svg").getroot()  # noqa: S314 - our own file
    assert root.attrib["viewBox"] == "0 0 64 64"


def test_every_picture_of_the_guide_is_there_and_small() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", GUIDE)
    assert pictures == ["screenshot.png", "ct.png", "sign.png"]
    for name in pictures:
        content = (RESOURCES / "help" / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) < 400_000
        size = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
        assert size == (1600, 1000)
