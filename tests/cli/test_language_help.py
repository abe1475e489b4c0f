"""The page on language packs says what the commands and settings are."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields

from radassist.cli.main import build_parser
from radassist.library import resources_dir
from radassist.settings.schema import Settings

PAGE = (resources_dir() / "help" / "language-packs.md").read_text(encoding="utf-8")


def test_every_command_of_the_page_is_one() -> None:
    commands = re.findall(r"^    radassist (.+)$", PAGE, re.MULTILINE)
    assert len(commands) >= 6
    for command in commands:
        assert build_parser().parse_args(shlex.split(command)).command == "models"


def test_the_setting_exists() -> None:
    (name,) = re.findall(r'^    "(\w+)": "my-llama"$', PAGE, re.MULTILINE)
    assert name in {field.name for field in fields(Settings)}
