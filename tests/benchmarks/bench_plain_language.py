"""How easy the patient's text is, and what of a report it carries over, on the Open-i reports.

    python tests/benchmarks/bench_plain_language.py [--openi PATH] [--tuning] [--limit N]
        [--misses N]

``--openi`` (or ``RADASSIST_OPENI``) is the wheel torchxrayvision or the folder that
``pip download --no-deps torchxrayvision`` put it in.  Odd report ids are measured; ``--tuning``
takes the even ones, on which the glossary was written.  Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

from radassist.domain.plaintext import import_report
from radassist.domain.readability import readability
from radassist.domain.report import Report
from radassist.library import openi
from radassist.library.glossary import load_glossary
from radassist.library.lexicon import load_lexicon
from radassist.workflow.chat.view import FACT_SECTIONS, read_cached
from radassist.workflow.patient import PatientText, explain_report
from radassist.workflow.patient.covering import left_over
from radassist.workflow.patient.describing import described
from radassist.workflow.patient.gate import Gate

MEDIAN_GRADE = 8.0


def facts(report: Report) -> list[str]:
    """The statements of Findings and Impression."""
    return [s.text for section, s in report.live() if section.name.lower() in FACT_SECTIONS]


def invented(report: Report, made: PatientText, gate: Gate) -> list[str]:
    """What the plain sentences say and their statements do not, read back with the glossary."""
    found = []
    for sentence in made.sentences:
        texts = [pair[1].text for i in sentence.ids if (pair := report.find(i))]
        if sentence.quoted:
            held = any(sentence.text.strip("“”") in " ".join(t.split()) for t in texts)
            found += [] if held else [f"quote: {sentence.text}"]
            continue
        faults = [gate.faults(sentence.text, read_cached(t, gate.lexicon)) for t in texts]
        if all(faults):
            found.append(f"{sentence.text}: {faults[0]}")
    return found


def unknown_words(report: Report, gate: Gate) -> Counter[str]:
    """Words for which a sentence was quoted."""
    count: Counter[str] = Counter()
    for text in facts(report):
        reading = read_cached(text, gate.lexicon)
        for number in range(len(reading.sentences)):
            told = described(reading, gate.glossary, gate.lexicon, number)
            left = left_over(reading, number, told, gate.glossary, gate.lexicon)
            count.update({w.lower() for w in left})
    return count


def main() -> int:
    """Measure, print, hold to the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--openi", type=Path, default=openi.find_archive())
    parser.add_argument("--tuning", action="store_true", help="the even ids")
    parser.add_argument("--limit", type=int, default=0, metavar="N")
    parser.add_argument("--misses", type=int, default=0, metavar="N", help="commonest words left")
    asked = parser.parse_args()
    if asked.openi is None:
        print("The Open-i reports are not here: name them with --openi.", file=sys.stderr)
        return 2
    lexicon, glossary = load_lexicon(), load_glossary()
    gate = Gate(glossary, lexicon)
    chosen = [r for r in openi.load(asked.openi).values() if r.tuning == asked.tuning]
    reports = [import_report(r.plain_text(), f"openi-{r.id}") for r in chosen]
    reports = [r for r in reports if facts(r)][: asked.limit or None]
    begun = time.perf_counter()
    made = [explain_report(r, lexicon, glossary) for r in reports]
    seconds = (time.perf_counter() - begun) / len(reports)
    wrong = [x for r, m in zip(reports, made, strict=True) for x in invented(r, m, gate)]
    held = show(reports, made, wrong, seconds)
    if asked.misses:
        left = sum((unknown_words(r, gate) for r in reports), Counter())
        print(left.most_common(asked.misses))
        print("\n".join([*wrong[:20], *[x for m in made for x in m.refused][:30]]))
    return 0 if held else 1


def show(reports: list[Report], made: list[PatientText], wrong: list[str], seconds: float) -> bool:
    """Print the table; True when the bars are held."""
    before = [readability(" ".join(facts(r))) for r in reports]
    after = [m.readability for m in made]
    plain = [readability(" ".join(s.text for s in m.sentences if not s.quoted)) for m in made]
    plain = [p for p in plain if p.words]
    total = sum(m.covered + m.partly + m.quoted for m in made)
    rows = [
        ("reports", f"{len(reports)}"),
        ("Flesch-Kincaid grade before, median", _median([b.grade for b in before])),
        ("Flesch-Kincaid grade after, with quotes, median", _median([a.grade for a in after])),
        (
            "the same, 90th percentile",
            f"{sorted(a.grade for a in after)[len(after) * 9 // 10]:.1f}",
        ),
        ("Flesch-Kincaid grade after, plain sentences alone", _median([p.grade for p in plain])),
        ("Flesch reading ease before, median", _median([b.ease for b in before])),
        ("Flesch reading ease after, median", _median([a.ease for a in after])),
        ("statements wholly in plain words", f"{sum(m.covered for m in made) / total:.3f}"),
        ("statements in plain words with a quote", f"{sum(m.partly for m in made) / total:.3f}"),
        ("statements only quoted", f"{sum(m.quoted for m in made) / total:.3f}"),
        ("sentences refused by the gate", f"{sum(len(m.refused) for m in made)}"),
        ("invented facts after the gate", f"{len(wrong)}"),
        ("seconds a report", f"{seconds:.4f}"),
    ]
    for name, value in rows:
        print(f"{name:52} {value}")
    grade = statistics.median(a.grade for a in after)
    return grade <= MEDIAN_GRADE and not wrong


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.1f}"


if __name__ == "__main__":
    raise SystemExit(main())
