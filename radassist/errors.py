"""The two exception families.

``Fault`` is the environment's: a truncated file, a missing pack, a full disk.  It is told to the
user in one sentence with the next step, and never shows a trace unless ``--debug`` asks for it.
``Bug`` is ours: a broken promise between two of our own functions.  It is never caught to be
hidden; the outermost layer reports it as a defect, without protected health information.
"""

from __future__ import annotations

#: How a command ends; resources/help/administration.md lists them.
DONE, ATTENTION, BAD_INPUT, POLICY, ENVIRONMENT = range(5)


class Fault(Exception):
    """Something outside the program is wrong.

    :param what: one sentence that says what is wrong, without protected health information.
    :param next_step: one sentence that says what the user can do next.
    """

    exit_code = BAD_INPUT

    def __init__(self, what: str, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what} {self.next_step}".strip()

    def __reduce__(self) -> tuple[type[Fault], tuple[str, str]]:
        """Faults cross process borders, so they pickle with both sentences."""
        return (type(self), (self.what, self.next_step))


class InputFault(Fault):
    """A file, folder or argument that the user gave cannot be used."""


class UsageFault(Fault):
    """A command or operation was asked for in a state that does not allow it."""


class PackFault(Fault):
    """A model pack is missing, damaged or not for this use."""


class EngineFault(Fault):
    """An engine (decoder, vision, language, speech) crashed or answered nonsense."""

    exit_code = ENVIRONMENT


class DeadlineExceeded(EngineFault):
    """An engine did not answer within the deadline of its request."""


class Cancelled(Fault):
    """The user cancelled a long act.  Not an error: shown as such."""


class StorageFault(Fault):
    """The disk is full or read-only, the database is locked or damaged."""

    exit_code = ENVIRONMENT


class NetworkRefused(Fault):
    """The offline guard refused a connection."""

    exit_code = ENVIRONMENT


class PolicyFault(Fault):
    """The administrator's policy forbids it, or cannot be read."""

    exit_code = POLICY


class Bug(Exception):
    """A broken invariant of our own."""
