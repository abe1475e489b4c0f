"""The settings window, made from the schema: by key and mouse, and stored on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from radassist.settings import (
    Policy,
    Settings,
    describe,
    load_settings,
    read_policy,
    save_settings,
)
from radassist.ui.settings_dialog import SettingsDialog
from radassist.ui.settings_state import SettingsState, title_of
from radassist.ui.theme import apply_theme


@pytest.fixture(params=[1.0, 1.5])
def scale(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[float]:
    apply_theme(qapp, request.param)
    yield request.param
    apply_theme(qapp)


def show(qtbot: QtBot, settings: Settings) -> SettingsDialog:
    dialog = SettingsDialog(settings)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def texts(dialog: QWidget) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if not label.isHidden()]


def test_every_setting_is_there_with_its_words_and_bounds(qtbot: QtBot, scale: float) -> None:
    dialog = show(qtbot, Settings())
    shown = texts(dialog)
    visible = [o for o in describe() if not o.hidden]
    assert set(dialog.editors) == {o.name for o in visible}
    for option in visible:
        assert title_of(option) in shown
        assert any(text.startswith(option.description[:-1]) for text in shown), option.name
        if option.type in ("int", "float"):
            assert any(f", {option.minimum:g} to {option.maximum:g}" in t for t in shown)
    assert "after a restart" in shown
    assert dialog.height() <= dialog.screen().availableSize().height()
    for option in visible:  # nothing is cut off at the right
        editor = dialog.editors[option.name]
        right = editor.mapTo(dialog, editor.rect().topRight()).x()
        assert right < dialog.width(), option.name
    assert not dialog.save.isEnabled(), "nothing has changed"


def test_what_is_changed_is_stored_whole(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    dialog = show(qtbot, load_settings(path, Policy()))
    box, name, workers, peers = (
        dialog.editors[n] for n in ("overlay_text", "user_name", "decode_workers", "pacs_addresses")
    )
    assert isinstance(box, QCheckBox)
    assert isinstance(name, QLineEdit)
    assert isinstance(workers, QSpinBox)
    assert isinstance(peers, QPlainTextEdit)
    name.setFocus()
    qtbot.keyClicks(name, "Dr Roe")
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Space)
    workers.setFocus()
    qtbot.keyClick(workers, Qt.Key.Key_Up)
    qtbot.keyClicks(peers, "10.1.2.3:104")
    assert dialog.save.isEnabled()
    assert any(t.startswith("Act after a restart: User name, ") for t in texts(dialog))
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    assert dialog.result() == SettingsDialog.DialogCode.Accepted
    save_settings(dialog.result_settings(), path)
    again = load_settings(path, Policy())
    assert (again.user_name, again.overlay_text, again.decode_workers) == ("Dr Roe", False, 3)
    assert again.pacs_addresses == ("10.1.2.3:104",)
    assert json.loads(path.read_text())["version"] == 1


def test_what_is_wrong_is_said_beside_the_field_and_not_saved(qtbot: QtBot) -> None:
    dialog = show(qtbot, Settings())
    pack = dialog.editors["language_pack"]
    assert isinstance(pack, QLineEdit)
    pack.setText("../evil")
    message = dialog.messages["language_pack"]
    assert message.isVisible()
    assert message.text() == "Language pack does not have the form that it needs."
    assert not dialog.save.isEnabled()
    below = message.mapTo(dialog, message.rect().topLeft()).y()
    beside = pack.mapTo(dialog, pack.rect().topLeft()).y()
    assert 0 < below - beside < 120
    pack.setText("language-tiny")
    assert not message.isVisible()
    assert dialog.save.isEnabled()


def test_what_the_administrator_has_set_is_shown_and_disabled(qtbot: QtBot, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        "version = 1\n[settings]\nlanguage_enabled = false\n"
        '[network]\nallowed_peers = ["10.1.2.3:104"]\n'
    )
    settings = load_settings(tmp_path / "settings.json", read_policy(policy, {}))
    dialog = show(qtbot, settings)
    editor = dialog.editors["language_enabled"]
    assert isinstance(editor, QCheckBox)
    assert not editor.isEnabled()
    assert not editor.isChecked()
    assert dialog.messages["language_enabled"].text() == f"set by your administrator ({policy})"
    peers = dialog.editors["pacs_addresses"]
    assert isinstance(peers, QPlainTextEdit)
    peers.setPlainText("10.9.9.9:104")
    assert dialog.messages["pacs_addresses"].text() == ("Your administrator allows: 10.1.2.3:104.")
    assert not dialog.save.isEnabled()
    qtbot.mouseClick(dialog.defaults, Qt.MouseButton.LeftButton)
    assert not editor.isChecked(), "defaults do not unlock"


def test_defaults_come_back_with_one_click(qtbot: QtBot) -> None:
    dialog = show(qtbot, Settings(user_name="Dr Roe", decode_workers=7, overlay_text=False))
    qtbot.mouseClick(dialog.defaults, Qt.MouseButton.LeftButton)
    assert dialog.result_settings() == Settings()


def test_the_wheel_scrolls_and_changes_no_number(qtbot: QtBot) -> None:
    dialog = show(qtbot, Settings())
    workers = dialog.editors["decode_workers"]
    assert isinstance(workers, QSpinBox)
    assert workers.focusPolicy() is Qt.FocusPolicy.StrongFocus


def test_the_state_needs_no_window() -> None:
    state = SettingsState(Settings())
    assert state.set("decode_workers", 99) == "Decode workers must be between 1 and 16."
    assert not state.can_save()
    assert state.set("decode_workers", 4) == ""
    assert state.changed() == ["decode_workers"]
    assert state.restart() == ["Decode workers"]
    assert state.result().decode_workers == 4
    state.set("decode_workers", 2)
    assert state.changed() == []


def test_the_number_in_a_field_has_room_to_be_read(qtbot: QtBot, scale: float) -> None:
    """The style sheet once left one pixel of it."""
    dialog = show(qtbot, Settings())
    for editor in dialog.findChildren(QAbstractSpinBox):
        line = editor.findChild(QLineEdit)
        assert line is not None
        assert line.width() > line.fontMetrics().horizontalAdvance(line.text()) + 10
        assert line.height() >= line.fontMetrics().height()
