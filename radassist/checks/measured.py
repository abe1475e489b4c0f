"""A statement that rests on a measurement must say the number that was measured."""

from __future__ import annotations

from collections.abc import Iterable

from radassist.checks.model import Line, Problem, Rule, Severity, View
from radassist.domain.findings import EvidenceKind, Measurement
from radassist.domain.report import StatementState

#: Half a unit of the last digit that a report gives: "12.3 mm" stands for 12.25 to 12.35.
_SLACK = {"mm": 0.051, "cm": 0.051, "1": 0.0051, "deg": 0.51, "[hnsf'U]": 0.51}


def edited(view: View, rule: Rule) -> Iterable[Problem]:
    """The number was typed over: the text holds numbers of the kind, but not the measured one.

    A sentence that gives no number of the kind at all ("The nodule has grown.") says nothing wrong.
    It is an error where no person wrote the number: the machine says what it did not measure.
    A number given more coarsely ("1.2 cm" for 12.3 mm) is the measured one.
    """
    for line in view.facts:
        for evidence in line.statement.evidence:
            measurement = evidence.measurement
            if evidence.kind is not EvidenceKind.MEASUREMENT or measurement is None:
                continue
            yield from _differs(line, measurement, evidence.value, rule)


def _differs(line: Line, measurement: Measurement, said: str, rule: Rule) -> Iterable[Problem]:
    unit, value = measurement.unit, measurement.value
    same = [
        q for q in line.reading.quantities if (q.millimetres and unit == "mm") or q.unit == unit
    ]
    if not same:
        return
    for quantity in same:
        values = quantity.millimetres if unit == "mm" else quantity.dims
        slack = 0.51 if quantity.unit == "cm" else _SLACK.get(unit, 0.01 * abs(value))
        # "12 mm" is 12.3 mm rounded to whole millimetres.
        slack = max(slack, 0.51) if unit == "mm" and "." not in quantity.text else slack
        if any(abs(v - value) <= slack for v in values):
            return
    shown = said or f"{value:g} {unit}"
    if line.statement.provenance.is_machine and line.statement.state is not StatementState.EDITED:
        why = f"The machine's sentence says {same[0].text}, the measurement {shown}."
        level = Severity.ERROR
    else:
        why, level = f"The number was edited by hand: the measurement says {shown}.", rule.severity
    yield rule.at(line, why, span=(same[0].start, same[0].end), severity=level)
