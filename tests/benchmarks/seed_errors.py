"""Puts one known error into each of 200 public reports: the ruler for the report checks.

    python tests/benchmarks/seed_errors.py --out FOLDER [--half tuning|reporting] [--count 200]

writes ``ID.KIND.txt`` files with one error each, ``ID.clean.txt`` files without, and an index.
The seeding knows nothing of the lexicon or the rules: it works on words.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from openi_reports import OpenReport, find_archive, load

#: Words for one thing that a side or a number can belong to.
_NOUNS = (
    "opacity|opacities|effusion|effusions|atelectasis|infiltrate|consolidation|nodule|mass|"
    "granuloma|pneumothorax|scarring|fracture|fractures|airspace disease|hemidiaphragm|"
    "pneumonia|catheter|picc|port|pacemaker|rib|clavicle|shoulder|density|calcification|thickening|edema"
)
_NOUN = re.compile(rf"\b({_NOUNS})\b", re.IGNORECASE)
_SIDE = re.compile(r"\b(right|left)\b", re.IGNORECASE)
_NONE = re.compile(r"^\W*none\b", re.IGNORECASE)


@dataclass(frozen=True)
class Seeded:
    """A report with one error.

    :param kind: side, negation, number, comparison, sex or impression.
    """

    id: int
    kind: str
    text: str
    note: str


def _sentences(text: str) -> list[str]:
    return [s for s in re.split(r"(?<=[.!?])\s+", text) if s.strip()]


def _with(report: OpenReport, label: str, text: str) -> str:
    sections = tuple((name, text if name == label else old) for name, old in report.sections)
    return OpenReport(report.id, sections, ()).plain_text()


def _swap(word: str) -> str:
    new = "left" if word.lower() == "right" else "right"
    return new.capitalize() if word[0].isupper() else new


def swap_side(report: OpenReport, rng: random.Random) -> tuple[str, str] | None:
    """A side that impression and findings agree on, swapped in one of the two."""
    findings = _sentences(report.section("FINDINGS"))
    impression = report.section("IMPRESSION")
    for sentence in _sentences(impression):
        sides = {s.lower() for s in _SIDE.findall(sentence)}
        nouns = {n.lower().rstrip("s") for n in _NOUN.findall(sentence)}
        if len(sides) != 1 or len(nouns) != 1:
            continue
        about = [f for f in findings if any(n in f.lower() for n in nouns)]
        other = {s.lower() for f in about for s in _SIDE.findall(f)}
        if other == sides and not any(re.search(r"\b(?:bi\w*l|both|no)\b", f, re.I) for f in about):
            sided = [f for f in about if _SIDE.search(f)]
            if rng.random() < 0.4 and len(sided) == 1:
                changed = _SIDE.sub(lambda m: _swap(m.group()), sided[0])
                whole = report.section("FINDINGS").replace(sided[0], changed, 1)
                return _with(report, "FINDINGS", whole), changed
            changed = _SIDE.sub(lambda m: _swap(m.group()), sentence)
            return _with(report, "IMPRESSION", impression.replace(sentence, changed, 1)), changed
    return None


_DENIAL = re.compile(r"^(?P<lead>There (?:is|are) |)(?P<no>[Nn]o) (?P<rest>.+)$")
_ACUTE = re.compile(r"pneumothorax|effusion|consolidation|airspace disease|edema|pneumonia", re.I)


def drop_negation(report: OpenReport, rng: random.Random) -> tuple[str, str] | None:
    """A "no" that is gone: of the findings, where the impression does not name the finding, or of
    an impression that says that nothing is wrong."""
    findings, impression = report.section("FINDINGS"), report.section("IMPRESSION")
    nothing = re.match(r"^\W*(?:1\. )?No (?=(?:acute|active|evidence of acute)\b)", impression)
    if nothing and rng.random() < 0.3:
        rest = impression[nothing.end() :]
        changed = rest[0].upper() + rest[1:]
        return _with(report, "IMPRESSION", changed), changed
    for sentence in _sentences(findings):
        found = _DENIAL.match(sentence)
        if found is None or not _ACUTE.search(sentence) or not impression:
            continue
        rest = found.group("rest")
        named = {w.lower() for w in _ACUTE.findall(sentence)}
        if any(
            word in impression.lower() and f"no {word}" not in impression.lower() for word in named
        ):
            continue
        changed = found.group("lead") + (
            rest if found.group("lead") else rest[0].upper() + rest[1:]
        )
        return _with(report, "FINDINGS", findings.replace(sentence, changed, 1)), changed
    return None


_SIZE = re.compile(r"\b(\d+(?:\.\d+)?) ?-?(mm|cm)\b", re.IGNORECASE)


def change_number(report: OpenReport, rng: random.Random) -> tuple[str, str] | None:
    """A shared size changed in the impression; else millimetres turned into centimetres."""
    findings, impression = report.section("FINDINGS"), report.section("IMPRESSION")
    shared = set(_SIZE.findall(findings)) & set(_SIZE.findall(impression))
    if shared:
        value, unit = sorted(shared)[0]
        new = f"{float(value) * rng.choice((0.5, 2, 3, 10)):g}"
        label = rng.choice(("IMPRESSION", "FINDINGS"))
        pattern = rf"\b{re.escape(value)}( ?-?{unit})\b"
        changed = re.sub(pattern, rf"{new}\1", report.section(label), count=1)
        return _with(report, label, changed), f"{label}: {value} -> {new} {unit}"
    found = re.search(
        r"\b(\d+(?:\.\d+)?)( ?-?)mm\b(?=[^.]{0,40}(?:nodule|granuloma|density))", findings
    )
    if found and float(found.group(1)) >= 7:
        changed = findings[: found.start()] + f"{found.group(1)} cm" + findings[found.end() :]
        return _with(report, "FINDINGS", changed), f"{found.group()} -> cm"
    return None


_COMPARES = (
    "Findings are unchanged compared to the prior study.",
    "No significant interval change since the previous examination.",
    "This has increased in size since the prior radiograph.",
    "Stable appearance compared with the prior exam.",
    "The previously seen opacity has resolved.",
    "Interval improvement in aeration of the lung bases.",
    "New small right pleural effusion.",
    "As before, there is mild scarring.",
    "The effusion is smaller than on the previous film.",
    "Worsening bibasilar opacities.",
    "The nodule has not changed in size.",
    "Persistent left basilar atelectasis.",
)


def add_comparison(report: OpenReport, rng: random.Random) -> tuple[str, str] | None:
    """A comparison in a report that names no prior."""
    impression = report.section("IMPRESSION")
    if not _NONE.match(report.section("COMPARISON")) or not impression:
        return None
    added = rng.choice(_COMPARES)
    return _with(report, "IMPRESSION", f"{impression} {added}"), added


_ORGANS = {
    "female": (
        "The prostate is enlarged.",
        "History of prostate cancer.",
        "Status post prostatectomy.",
        "Enlarged prostate gland indents the bladder.",
        "Testicular implants are noted.",
        "Penile prosthesis is present.",
    ),
    "male": (
        "The uterus is unremarkable.",
        "Ovarian cyst is noted.",
        "Status post hysterectomy.",
        "Calcified uterine fibroids are seen.",
        "History of cervical cancer of the uterus.",
        "The patient is 20 weeks pregnant.",
    ),
}


def change_sex(report: OpenReport, rng: random.Random) -> tuple[str, str] | None:
    """An organ of the other sex."""
    indication = report.section("INDICATION")
    sexes = set(re.findall(r"\b(female|male)\b", indication.lower()))
    if len(sexes) != 1:
        return None
    added = rng.choice(_ORGANS[sexes.pop()])
    stated = added.startswith(("History", "Status", "The patient"))
    label = "INDICATION" if stated else "FINDINGS"
    return _with(report, label, f"{report.section(label)} {added}".strip()), added


_AFFIRMED = re.compile(
    r"\b(?:there is|there are|small|moderate|large|mild)\b[^.]*\b"
    r"(?P<what>pleural effusions?|pneumothorax|"
    r"cardiomegaly|atelectasis|consolidation|edema|nodule|fracture|mass)\b",
    re.IGNORECASE,
)


def contradict(report: OpenReport, rng: random.Random) -> tuple[str, str] | None:
    """An impression that denies what the findings affirm, or affirms what they deny."""
    findings, impression = report.section("FINDINGS"), report.section("IMPRESSION")
    if not impression:
        return None
    for sentence in _sentences(findings):
        found = _AFFIRMED.search(sentence)
        if found and not re.search(
            r"\b(?:no|not|without|may|old|possib\w+|versus|or)\b", sentence, re.I
        ):
            what = found.group("what").lower()
            return _with(report, "IMPRESSION", f"No {what}. No acute disease."), f"denies {what}"
    denied = re.search(r"\bno (?:pleural effusion or )?pneumothorax\b", findings, re.IGNORECASE)
    if denied:
        wordings = ["Small left pneumothorax.", "Right apical pneumothorax.", "Tiny pneumothorax."]
        if "effusion" in denied.group().lower():
            wordings += ["Moderate right pleural effusion.", "Small bilateral effusions."]
        added = rng.choice(wordings)
        return _with(report, "IMPRESSION", f"{added} {impression}"), added
    return None


KINDS: dict[str, Callable[[OpenReport, random.Random], tuple[str, str] | None]] = {
    "side": swap_side,
    "number": change_number,
    "comparison": add_comparison,
    "sex": change_sex,
    "impression": contradict,
    "negation": drop_negation,
}


def usable(report: OpenReport) -> bool:
    """Reports with findings and an impression: the others have nothing to contradict."""
    return len(report.section("FINDINGS")) > 20 and len(report.section("IMPRESSION")) > 5


def seed(
    reports: dict[int, OpenReport], half: str, count: int = 200
) -> tuple[list[Seeded], list[OpenReport]]:
    """(seeded, untouched) reports of one half; no report is in both, and none is seeded twice."""
    rng = random.Random(20260101)  # noqa: S311 - a fixed draw, not a secret
    pool = [r for r in reports.values() if usable(r) and r.tuning == (half == "tuning")]
    rng.shuffle(pool)
    clean, rest = pool[:count], pool[count:]
    seeded: list[Seeded] = []
    taken: set[int] = set()
    share = -(-count // len(KINDS))
    for index, (kind, make) in enumerate(KINDS.items()):
        last = index == len(KINDS) - 1
        wanted = count - len(seeded) if last else share
        for report in rest:
            if wanted == 0:
                break
            made = None if report.id in taken else make(report, rng)
            if made is not None:
                taken.add(report.id)
                seeded.append(Seeded(report.id, kind, *made))
                wanted -= 1
    return seeded, clean


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=Path, default=find_archive())
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--half", choices=("tuning", "reporting"), default="reporting")
    parser.add_argument("--count", type=int, default=200)
    arguments = parser.parse_args()
    if arguments.reports is None:
        print("No reports: install torchxrayvision or set RADASSIST_OPENI to its wheel.")
        return 2
    seeded, clean = seed(load(arguments.reports), arguments.half, arguments.count)
    arguments.out.mkdir(parents=True, exist_ok=True)
    index = [{"id": s.id, "kind": s.kind, "note": s.note} for s in seeded]
    for item in seeded:
        (arguments.out / f"{item.id}.{item.kind}.txt").write_text(item.text, encoding="utf-8")
    for report in clean:
        (arguments.out / f"{report.id}.clean.txt").write_text(report.plain_text(), encoding="utf-8")
    (arguments.out / "index.json").write_text(json.dumps(index, indent=1), encoding="utf-8")
    print(f"{len(seeded)} seeded and {len(clean)} untouched reports in {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
