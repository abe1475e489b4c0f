"""The action table is sound: ids, keys, enablement; the palette finds what one types."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from radassist.commands import (
    ACTIONS,
    CATEGORIES,
    Action,
    Context,
    action,
    conflicts,
    key_help,
    normal_key,
    search,
    types_text,
)
from radassist.domain.report import ReportState
from radassist.errors import Bug

READING = Context(has_study=True, images=30, series=2, has_report=True, statement_selected=True)


def test_ids_are_unique_and_well_formed() -> None:
    ids = [a.id for a in ACTIONS]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+\.[a-z0-9_]+", i) for i in ids)
    assert {a.category for a in ACTIONS} == set(CATEGORIES)


def test_no_key_is_given_twice() -> None:
    assert conflicts() == []


def test_a_key_given_twice_is_found_in_any_spelling() -> None:
    pair = (Action("a.a", "A", "File", ("Ctrl+Shift+X",)), Action("b.b", "B", "File",
            ("shift+ctrl+x",)))  # fmt: skip
    assert conflicts(pair) == [("CTRL+SHIFT+X", ["a.a", "b.b"])]


@pytest.mark.parametrize(
    ("key", "spelled"),
    [("+", "+"), ("Ctrl++", "CTRL++"), ("shift+a", "SHIFT+A"), ("Alt+Ctrl+P", "CTRL+ALT+P")],
)
def test_keys_have_one_spelling(key: str, spelled: str) -> None:
    assert normal_key(key) == spelled


#: Reached by a text field only where it is not typing: "/" and "?" are text, so the window must
#: hand them to the field; their actions have a second key that is safe.
WITH_SAFE_KEY = {"chat.focus", "help.keys"}


def test_keys_that_type_text_are_left_to_text_fields() -> None:
    unsafe = {a.id for a in ACTIONS if a.text_safe and any(types_text(k) for k in a.keys)}
    assert unsafe == WITH_SAFE_KEY
    for action_id in WITH_SAFE_KEY:
        assert not types_text(action(action_id).keys[0])


def test_letters_act_only_without_text_focus() -> None:
    accept = action("statement.accept")
    assert accept.acts(READING)
    assert not accept.acts(replace(READING, text_focus=True))
    assert action("chat.focus").acts(replace(READING, text_focus=True))


def test_a_final_report_takes_addenda_only() -> None:
    final = replace(READING, report_state=ReportState.FINAL, can_undo=True)
    for action_id in ("statement.accept", "statement.delete", "edit.undo", "report.sign"):
        assert not action(action_id).enabled(final), action_id
    assert action("report.addendum").enabled(final)
    assert not action("report.addendum").enabled(READING)


def test_nothing_acts_on_what_is_not_there() -> None:
    able = {a.id for a in ACTIONS if a.enabled(Context())}
    assert able == {
        "file.open", "file.open_folder", "app.quit", "palette.open", "focus.next",
        "focus.previous", "help.keys", "help.guide", "help.system", "help.about",
        "app.settings", "help.machine", "help.administration",
        "report.habits",
    }  # fmt: skip


def test_the_palette_ranks_titles_first() -> None:
    assert search("sign")[0].id == "report.sign"
    assert search("fold")[0].id == "file.open_folder"
    assert search("accept all")[0].id == "statement.accept_all"
    assert search("pdf")[0].id == "file.export"
    assert search("zzz") == []
    assert "report.sign" not in {a.id for a in search("sign", Context())}


def test_key_help_lists_every_key() -> None:
    listed = " ".join(keys for _, rows in key_help() for keys, _, _ in rows)
    for item in ACTIONS:
        for key in item.keys:
            assert key in listed


def test_an_unknown_id_is_a_defect() -> None:
    with pytest.raises(Bug):
        action("file.explode")
