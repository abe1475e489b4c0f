"""What an instruction can ask for, before it is known which statements it concerns."""

from __future__ import annotations

from dataclasses import dataclass

from radassist.domain.report import StatementState

#: In place of a section's name: Findings and Impression.
BOTH = "*"


@dataclass(frozen=True)
class Delete:
    """Take statements out ("delete sentence 2", "remove everything about the spine")."""

    target: str


@dataclass(frozen=True)
class KeepOnly:
    """Take out all of a section but these ("keep only the first impression").

    :param section: the section that was named, "" for that of the statements kept.
    """

    target: str
    section: str = ""


@dataclass(frozen=True)
class CutWords:
    """Take words out of statements ("remove 'mild' from sentence 2")."""

    words: str
    scope: str
    everywhere: bool = False


@dataclass(frozen=True)
class CutComparison:
    """Take comparison words out ("remove the comparison with the prior")."""

    scope: str


@dataclass(frozen=True)
class Substitute:
    """Words for words ("change left to right in the effusion sentence").

    :param pairs: (old, new) in the order they were said.
    :param scope: the phrase that limits it, "" for none.
    :param everywhere: all places are meant.
    :param subject: what the fact is about ("the nodule is 8 mm not 6 mm"); all places that state
        this fact are meant.
    """

    pairs: tuple[tuple[str, str], ...]
    scope: str = ""
    everywhere: bool = False
    subject: str = ""


@dataclass(frozen=True)
class SetText:
    """Give statements a new text ("sentence 2 should read: ...")."""

    target: str
    text: str


@dataclass(frozen=True)
class Add:
    """A new statement.

    :param place: "" (where it fits), "start" or "end" of the section.
    :param anchor: phrase of the statement that it goes before or after.
    """

    text: str
    section: str = ""
    place: str = ""
    anchor: str = ""
    before: bool = False


@dataclass(frozen=True)
class PutWords:
    """Words into a statement, beside other words ("add mild before cardiomegaly")."""

    words: str
    anchor: str
    before: bool
    scope: str = ""


@dataclass(frozen=True)
class MoveTo:
    """Another place for a statement ("move sentence 3 to the impression")."""

    target: str
    section: str = ""
    place: str = ""  # "start" | "end" | "up" | "down" | ""
    anchor: str = ""
    before: bool = False


@dataclass(frozen=True)
class SwapPlaces:
    """Two statements change places."""

    first: str
    second: str


@dataclass(frozen=True)
class Mark:
    """Accept, reject or re-propose statements."""

    target: str
    state: StatementState


@dataclass(frozen=True)
class Recase:
    """Upper case, lower case or a capital first letter for a statement."""

    target: str
    how: str  # "upper" | "lower" | "first"


@dataclass(frozen=True)
class FlipSides:
    """Left becomes right and right becomes left in a statement."""

    target: str


@dataclass(frozen=True)
class Merge:
    """Two or more statements become one."""

    target: str


@dataclass(frozen=True)
class Negate:
    """Turn a statement into its contrary ("negate sentence 2")."""

    target: str


@dataclass(frozen=True)
class Deny:
    """A fact: this is not there ("there is no effusion").

    :param text: the radiologist's own sentence.
    """

    topic: str
    text: str


@dataclass(frozen=True)
class Assert:
    """A fact: this is there ("there is a small left effusion").

    :param also: said to be one more ("there is also ...").
    """

    text: str
    also: bool = False


@dataclass(frozen=True)
class Describe:
    """A fact about something that the report may hold already ("the effusion is moderate").

    :param text: the radiologist's own sentence.
    """

    subject: str
    verb: str
    value: str
    text: str
    scope: str = ""


@dataclass(frozen=True)
class Reword:
    """Statements with their new texts, where a part of them was said anew.

    :param texts: (statement id, text) pairs.
    """

    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Control:
    """Undo or redo, which the session carries out."""

    action: str


@dataclass(frozen=True)
class Style:
    """Another wording of the same content, which only the language model can give.

    :param ask: what is wanted, in the user's words.
    """

    target: str
    ask: str


@dataclass(frozen=True)
class Question:
    """Something asked; never an edit."""

    text: str


Command = (
    Delete
    | KeepOnly
    | CutWords
    | CutComparison
    | Substitute
    | SetText
    | Add
    | PutWords
    | MoveTo
    | SwapPlaces
    | Mark
    | Recase
    | FlipSides
    | Merge
    | Negate
    | Deny
    | Assert
    | Describe
    | Reword
    | Control
    | Style
    | Question
)
