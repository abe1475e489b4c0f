"""What the check of this machine has found so far, and in which state it is."""

from __future__ import annotations

from enum import Enum

from radassist.workflow.speed import Fact, Speed, in_two_sentences, measured_facts


class Phase(Enum):
    """Where the measuring stands."""

    IDLE = "idle"
    MEASURING = "measuring"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class MachineState:
    """Facts, progress and the result, in words."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.phase = Phase.IDLE
        self.fraction, self.doing = 0.0, ""
        self.speed: Speed | None = None
        self.kept = ""
        self.trouble = ""

    def add_facts(self, facts: list[Fact]) -> None:
        """Take facts; one of the same name replaces the older."""
        names = {fact.name for fact in facts}
        self.facts = [f for f in self.facts if f.name not in names] + facts

    def begin(self) -> None:
        """Measuring starts; an earlier result is gone."""
        self.phase, self.fraction, self.doing = Phase.MEASURING, 0.0, "Starting"
        self.speed, self.kept, self.trouble = None, "", ""

    def told(self, fraction: float, doing: str) -> None:
        """Progress of the measuring."""
        if self.phase is Phase.MEASURING:
            self.fraction, self.doing = fraction, doing

    def finish(self, speed: Speed, kept: str) -> None:
        """It was measured; ``kept`` says what was stored."""
        self.phase, self.speed, self.kept = Phase.DONE, speed, kept

    def cancel(self) -> None:
        """The user stopped it."""
        self.phase = Phase.CANCELLED

    def fail(self, trouble: str) -> None:
        """It could not be done at all."""
        self.phase, self.trouble = Phase.FAILED, trouble

    def results(self) -> list[Fact]:
        """The measured values as facts."""
        return measured_facts(self.speed) if self.speed is not None else []

    def summary(self) -> str:
        """Two sentences on what will be slow, and what was stored; or what happened instead."""
        if self.phase is Phase.CANCELLED:
            return "The measuring was cancelled; nothing was changed."
        if self.phase is Phase.FAILED:
            return self.trouble
        if self.speed is None:
            return ""
        return " ".join([*in_two_sentences(self.speed), self.kept]).strip()
