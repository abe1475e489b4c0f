"""Tasks on the whole report that the chat is asked for: easy language, summary, impression, advice.

They are RaDialog's tasks (Pellegrini et al., 2023) without its freedom: each answer is made by
fixed rules from statements that it names.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from radassist.domain.operations import Insert, Operation
from radassist.domain.report import Statement
from radassist.workflow.chat.asides import AsideAnswer
from radassist.workflow.chat.view import View
from radassist.workflow.concluding.recommending import own_advice, recommend
from radassist.workflow.concluding.referrer import NOTHING, Summary, summarise
from radassist.workflow.impression import write_impression
from radassist.workflow.patient import PatientText, explain_report
from radassist.workflow.patient.writing import HEADS, QUOTED
from radassist.workflow.shelf import Shelf

_ALL = r"(?:this|it|that|everything|all(?: of (?:this|it))?|(?:the|this|my) (?:whole |entire )?(?:report|findings?|results?|study|exam(?:ination)?))"
_EASY = r"(?:easy|easier|plain|simple|simpler|lay|layman'?s?|everyday|patient[- ]friendly|non[- ]?technical)(?: and (?:easy|plain|simple))?"
_WORDS = r"(?:language|words|terms|english|wording)"
_PATIENT = r"(?:the |a |my |this )?(?:patient|layperson|lay person|family|relatives?)"
_POLITE = r"(?:please |can you |could you |would you )?"
_DOCTOR = r"(?:the |a |my )?(?:referr(?:er|ing (?:doctor|physician|clinician|team))|gp|family doctor|clinician|ward|requesting (?:doctor|physician|clinician)|treating (?:doctor|physician))"
_END = r"(?:,? please)?[ .!?]*"

_FORMS = {
    "patient": (
        rf"{_POLITE}(?:explain|summari[sz]e|describe|translate|tell|write|put|say|rewrite|give)(?: me)?(?: {_ALL})? (?:to|for) {_PATIENT}(?: (?:in|with|using) {_EASY} {_WORDS})?{_END}",
        rf"{_POLITE}(?:explain|summari[sz]e|describe|translate|write|put|say|give(?: me)?|make)(?: {_ALL})? (?:in(?:to)?|with|using|a) {_EASY} {_WORDS}(?: (?:version|summary))?(?: (?:to|for) {_PATIENT})?{_END}",
        rf"(?:in |into )?{_EASY} {_WORDS}(?: version)?(?: (?:of {_ALL}|(?:to|for) {_PATIENT}))?{_END}",
        rf"(?:(?:a|the) )?(?:patient|lay)[- ](?:summary|version|letter|text|friendly (?:summary|version)){_END}",
        rf"(?:(?:a|the) )?(?:summary|explanation|version) for {_PATIENT}(?: in {_EASY} {_WORDS})?{_END}",
    ),
    "referrer": (
        rf"{_POLITE}(?:summari[sz]e|sum up|recap)(?: {_ALL})?(?: (?:briefly|in short|shortly|in (?:two|three|a few|2|3) sentences))?(?: for {_DOCTOR})?{_END}",
        rf"{_POLITE}(?:(?:give|write|make|show|draft)(?: me)? )?(?:(?:a|the) )?(?:short |brief |quick |concise )?summary(?: of {_ALL})?(?: for {_DOCTOR})?{_END}",
        rf"(?:tl;?dr|in short){_END}",
    ),
    "impression": (
        rf"{_POLITE}(?:write|draft|make|generate|create|propose|suggest|compose)(?: me)? (?:(?:an?|the) )?(?:new )?(?:impression|conclusion)(?: (?:again|anew|from (?:the )?findings|for (?:this|the) report|section))?{_END}",
        rf"(?:impression|conclusion) from (?:the )?findings{_END}",
    ),
    "recommendation": (
        rf"{_POLITE}(?:(?:write|draft|make|propose|suggest|give)(?: me)? )?(?:(?:an?|the|any) )?(?:guideline |follow[- ]?up )?recommendations?(?: (?:by|from) (?:the )?guidelines?)?{_END}",
        rf"(?:what (?:does|do|would) (?:the )?(?:guidelines?|fleischner|acr|svs)(?: (?:society|guidelines?))? (?:say|recommend|advise)(?: (?:here|for (?:this|the) [a-z ]{{1,30}}))?|apply (?:the )?(?:fleischner|guidelines?)(?: guidelines?)?|(?:fleischner|guidelines?)){_END}",
    ),
}
_PATTERNS = {
    name: re.compile("|".join(f"(?:{form})" for form in forms), re.IGNORECASE)
    for name, forms in _FORMS.items()
}
#: What stands after a sentence for the ids of its statements.
Marking = Callable[[tuple[str, ...]], str]
FOOTER = "This explains the report in plain words. What counts is the report itself."


def task_of(instruction: str) -> str | None:
    """``patient``, ``referrer``, ``impression`` or ``recommendation``; None for anything else."""
    text = " ".join(instruction.replace("’", "'").split())
    for name, pattern in _PATTERNS.items():
        if pattern.fullmatch(text):
            return name
    return None


@dataclass(frozen=True)
class Tasks:
    """The tasks as an aside of the chat."""

    shelf: Shelf

    def __call__(self, instruction: str, view: View) -> AsideAnswer | None:
        """The answer, or None where the instruction is none of these tasks."""
        match task_of(instruction):
            case "patient":
                return _for_patient(view, self.shelf)
            case "referrer":
                return _for_referrer(view, self.shelf)
            case "impression":
                return _impression(view, self.shelf)
            case "recommendation":
                return _recommendation(view, self.shelf)
        return None


def _for_patient(view: View, shelf: Shelf) -> AsideAnswer:
    made = explain_report(view.report, view.lexicon, shelf.glossary)
    if not made.sentences:
        return AsideAnswer(NOTHING)
    grade = max(1, round(made.readability.grade))
    head = f"For the patient, reading grade {grade}:"
    body = patient_lines(made, lambda ids: f" [{_places(ids, view)}]")
    return AsideAnswer(
        "\n".join([head, "", *body]), patient_text(made), made.ids, refused=made.refused
    )


def patient_text(made: PatientText) -> str:
    """The whole text to hand out: sentences, explained words, what it is."""
    words = [f"{word}: {means}" for word, means in made.words]
    lines = patient_lines(made, lambda ids: "")
    if words:
        lines += ["", "What the words mean", *words]
    return "\n".join([*lines, "", FOOTER])


def patient_lines(made: PatientText, mark: Marking) -> list[str]:
    """Headings and sentences, each followed by what ``mark`` makes of its statements."""
    lines: list[str] = []
    for head in HEADS:
        found = made.under(head)
        if found:
            lines += [""] if lines else []
            lines.append("What the report says in its own words" if head == QUOTED else head)
            lines += [s.text + mark(s.ids) for s in found]
    return lines


def _for_referrer(view: View, shelf: Shelf) -> AsideAnswer:
    made = summarise(view, shelf)
    if not made.sentences:
        return AsideAnswer(NOTHING)
    lines = [f"{s.text} [{_places(s.ids, view)}]" for s in made.sentences]
    if made.left_out:
        lines.append(f"Not in these sentences: {_places(made.left_out, view)}.")
    return AsideAnswer("\n".join(lines), summary_text(made), _ids(made), notices=made.notices)


def summary_text(made: Summary) -> str:
    """The sentences as one paragraph."""
    return " ".join(s.text for s in made.sentences)


def _ids(made: Summary) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for s in made.sentences for i in s.ids))


def _impression(view: View, shelf: Shelf) -> AsideAnswer:
    """Proposed for an empty Impression; one that is there is left alone."""
    made, notices = write_impression(view.report, view.lexicon, None, shelf=shelf)
    if not made:
        return AsideAnswer(notices[0] if notices else NOTHING)
    text = "\n".join(f"{s.text} [{_places(_rests(s, view), view)}]" for s in made)
    cited = tuple(dict.fromkeys(i for s in made for i in _rests(s, view)))
    clean = "\n".join(s.text for s in made)
    if view.in_section("Impression"):
        kept = "The Impression has sentences already, so nothing is changed. From the Findings:"
        return AsideAnswer(f"{kept}\n{text}", clean, cited, notices=tuple(notices))
    return AsideAnswer(text, clean, cited, _inserted(made, view), tuple(notices))


def _recommendation(view: View, shelf: Shelf) -> AsideAnswer:
    """The radiologist's own advice, else what a table says, proposed with its citation."""
    own = own_advice(view)
    if own:
        said = "; ".join(line.quoted() for line in own)
        return AsideAnswer(f"The report says: {said}", "", tuple(line.id for line in own))
    given, notices = recommend(view, shelf)
    if not given:
        why = " ".join(notices)
        return AsideAnswer(f"No recommendation: no guideline on file applies. {why}".strip())
    first = view.report.next_statement
    made = [item.statement(f"s{first + place}") for place, item in enumerate(given)]
    lines = [
        f"{item.text} [{_places([x.id for x in item.lines], view)}]\n{item.guideline.citation}"
        for item in given
    ]
    cited = tuple(dict.fromkeys(x.id for item in given for x in item.lines))
    clean = "\n".join(item.text for item in given)
    stands = {line.text for line in view.lines}
    new = [s for s in made if s.text not in stands]
    return AsideAnswer("\n".join(lines), clean, cited, _inserted(new, view), tuple(notices))


def _inserted(made: Sequence[Statement], view: View) -> tuple[Operation, ...]:
    section = view.report.section("Impression")
    if section is None:
        return ()
    at = len(section.statements)
    return tuple(Insert(section.name, at + place, s) for place, s in enumerate(made))


def _rests(statement: Statement, view: View) -> list[str]:
    return [e.ref for e in statement.evidence if view.line(e.ref) is not None]


def _places(ids: Iterable[str], view: View) -> str:
    lines = [line for i in ids if (line := view.line(i)) is not None]
    if len(lines) > 3:
        return (
            f"{lines[0].section} {lines[0].number} to {lines[-1].number}, {len(lines)} statements"
        )
    return ", ".join(line.called() for line in lines)
