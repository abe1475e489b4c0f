"""Requests that are neither a change in words nor a question: answered by what is handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from radassist.domain.operations import Operation
from radassist.workflow.chat.view import View


@dataclass(frozen=True)
class AsideAnswer:
    """What an aside comes to.

    :param text: for the user, with the statements that each sentence rests on.
    :param clean: the same without references, to be copied elsewhere; "" where that makes no sense.
    :param cited: ids of the statements that it rests on.
    :param operations: a change that is proposed along with it.
    :param refused: what rules cut, each with the reason.
    """

    text: str
    clean: str = ""
    cited: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    notices: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


#: Answers an instruction, or gives None where it is not an aside.
Aside = Callable[[str, View], AsideAnswer | None]
