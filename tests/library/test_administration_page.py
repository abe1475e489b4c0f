"""The administrator's page says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from radassist import errors, logs
from radassist.cli.main import build_parser
from radassist.engines.packs.split import parse_size
from radassist.library import resources_dir
from radassist.settings import Option, describe, find_paths, machine_policy_path, read_policy
from radassist.store.backups import KEPT

PAGE = (resources_dir() / "help" / "administration.md").read_text(encoding="utf-8")


def table(header: str) -> list[list[str]]:
    """Rows of the table under a header line."""
    lines = PAGE[PAGE.index(header) :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


def default_of(option: Option) -> str:
    value = option.default
    if isinstance(value, bool):
        return str(value).lower()
    if value in ("", ()):
        return "empty"
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_every_setting_stands_there_with_its_default_and_range() -> None:
    ranges = {
        o.name: f"{o.minimum:g} to {o.maximum:g} {o.unit}".strip()
        if o.type in ("int", "float")
        else ""
        for o in describe()
    }
    assert table("| Setting |") == [[o.name, default_of(o), ranges[o.name]] for o in describe()]


def test_the_exit_codes_are_those_of_the_faults() -> None:
    rows = {int(code): text for code, text in table("| Code |")}
    known = (errors.DONE, errors.ATTENTION, errors.BAD_INPUT, errors.POLICY, errors.ENVIRONMENT)
    assert sorted(rows) == list(known)
    kinds = [k for k in vars(errors).values() if isinstance(k, type)]
    used = {k.exit_code for k in kinds if issubclass(k, errors.Fault)}
    assert used == {errors.BAD_INPUT, errors.POLICY, errors.ENVIRONMENT}
    assert "policy" in rows[errors.PolicyFault.exit_code]
    assert "disk" in rows[errors.StorageFault.exit_code]


def test_the_log_has_the_events_and_fields_of_the_page() -> None:
    assert table("| Event |") == [[name, text] for name, text in logs.EVENTS.items()]
    fields = [[name, text] for name, (_, text) in logs.FIELDS.items()]
    assert [[n, t.replace("`", "")] for n, t in table("| Field |")] == [
        [n, t.replace("`", "")] for n, t in fields
    ]
    assert f"{logs.KEPT} older files are kept" in PAGE
    assert logs.MAX_BYTES == 1 << 20
    assert "set aside at 1 MB" in PAGE


def test_the_example_is_a_policy(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "policy.toml"
    path.write_text(example, encoding="utf-8")
    policy = read_policy(path, {})
    assert policy.settings == {"language_deadline_s": 60.0, "machine_checked": True}
    assert policy.peers == ("10.1.2.3:104",)
    assert [p.id for p in policy.packs] == ["cxr-anatomy"]
    assert "/etc/radassist/policy.toml" in PAGE
    assert machine_policy_path().name == "policy.toml"


def test_the_folders_and_commands_exist() -> None:
    paths = find_paths({})
    for name in (paths.database.name, paths.settings_file.name, paths.keys.name):
        assert f"`{name}`" in PAGE
    assert f"the last {KEPT} are kept" in PAGE
    for line in re.findall(r"^    radassist (.+)$", PAGE, re.MULTILINE):
        arguments = build_parser().parse_args(line.split())
        assert arguments.command == "models"
        if arguments.split:
            assert parse_size(arguments.split) == 4_000_000_000
    for variable in re.findall(r"RADASSIST_[A-Z]+", PAGE):
        assert variable in {
            "RADASSIST_HOME",
            "RADASSIST_MODELS",
            "RADASSIST_POLICY",
            "RADASSIST_LOG",
        }
