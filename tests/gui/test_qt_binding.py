"""The installed PySide6 keeps its count of references to None and True.

Before Python 3.12 these are not immortal: a binding that drops one reference a call ends the
program ("bool_dealloc", "none_dealloc") after some hundred signals.  PySide6 6.12.0 does.
"""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

_CALLS = 60  # few enough that a bad binding does not end the test run itself
_SLACK = 10


class Sender(QObject):
    sent = Signal(int)


@pytest.mark.parametrize("what", [None, True])
def test_signals_and_setters_leave_references_alone(qtbot: QtBot, what: object) -> None:
    sender = Sender()
    received: list[int] = []
    sender.sent.connect(received.append)
    before = sys.getrefcount(what)
    for number in range(_CALLS):
        sender.sent.emit(number)
        sender.setObjectName("x")
    assert len(received) == _CALLS
    assert sys.getrefcount(what) >= before - _SLACK
