"""How well the reader reads and the checks check, on public gold; one command, a table.

    python tests/benchmarks/bench_reading.py [--reports WHEEL] [--negex FILE] [--json]

NegEx: 2,376 sentences with one annotated phrase each (Chapman).  Open-i: 3,955 chest reports with
MeSH codes by two annotators (Demner-Fushman 2016).  Even ids were used for tuning; the table shows
both halves, and only the odd one counts.  Codes that a person chose from the images or the
indication cannot be read from the text: the ceiling is below one.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from openi_reports import OpenReport, find_archive, load
from seed_errors import seed

from radassist.checks import Severity, run_checks
from radassist.domain.elements import coverage
from radassist.domain.findings import Presence
from radassist.domain.plaintext import import_report
from radassist.domain.reading import Mention, presence_at, read
from radassist.library.lexicon import load_lexicon

LEXICON = load_lexicon()
SHARED = Path(__file__).resolve().parents[3] / "shared/data/text/negation"
NEGEX = SHARED / "negex_rsAnnotations-1-120.tsv"
NEGBIO = SHARED / "negbio_openi_gld_std14.csv"

#: The twelve commonest findings of the codes, with the codes that count as each.
CODES = {
    "Opacity": "opacity",
    "Cardiomegaly": "cardiomegaly",
    "Cardiac Shadow/enlarged": "cardiomegaly",
    "Pulmonary Atelectasis": "atelectasis",
    "Calcinosis": "calcification",
    "Lung/hypoinflation": "low lung volumes",
    "Calcified Granuloma": "granuloma",
    "Granulomatous Disease": "granuloma",
    "Granuloma": "granuloma",
    "Osteophyte": "degenerative change",
    "Spondylosis": "degenerative change",
    "*/degenerative": "degenerative change",
    "Aorta/tortuous": "tortuous aorta",
    "Aorta, Thoracic/tortuous": "tortuous aorta",
    "Lung/hyperdistention": "hyperinflation",
    "Lung, Hyperlucent": "hyperinflation",
    "Cicatrix": "scarring",
    "Markings": "interstitial markings",
    "Pleural Effusion": "pleural effusion",
}
#: What the reader calls them.  "Atherosclerotic calcification" is coded as atherosclerosis alone.
CONCEPTS = {
    "opacity": "opacity",
    "cardiomegaly": "cardiomegaly",
    "atelectasis": "atelectasis",
    "aortic-calcification": "calcification",
    "calcification": "calcification",
    "calcified-nodule": "calcification",
    "lymph-node-calcification": "calcification",
    "hypoinflation": "low lung volumes",
    "granuloma": "granuloma",
    "degenerative-change": "degenerative change",
    "aortic-tortuosity": "tortuous aorta",
    "hyperinflation": "hyperinflation",
    "scarring": "scarring",
    "interstitial-markings": "interstitial markings",
    "pleural-effusion": "pleural effusion",
}


@dataclass
class Score:
    """Counts of one finding."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def add(self, said: bool, gold: bool) -> None:
        self.tp += said and gold
        self.fp += said and not gold
        self.fn += gold and not said

    @property
    def precision(self) -> float:
        return self.tp / max(1, self.tp + self.fp)

    @property
    def recall(self) -> float:
        return self.tp / max(1, self.tp + self.fn)

    @property
    def f1(self) -> float:
        return 2 * self.tp / max(1, 2 * self.tp + self.fp + self.fn)

    def row(self) -> dict[str, float]:
        return {
            "n": self.tp + self.fn,
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
        }


def negation(path: Path, *, tuning: bool) -> dict[str, float]:
    """Negated or not, for the annotated phrase of each NegEx sentence of one half."""
    score = Score()
    with path.open(encoding="utf-8", errors="replace", newline="") as handle:
        for row in csv.reader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
            if len(row) < 4 or not row[0].isdigit() or (int(row[0]) % 2 == 0) != tuning:
                continue
            sentence, phrase = " ".join(row[2].split()), " ".join(row[1].split())
            at = sentence.find(phrase.upper())
            at = at if at >= 0 else sentence.lower().find(phrase.lower())
            said = at >= 0 and presence_at(sentence, at, at + len(phrase), LEXICON)
            score.add(said is Presence.ABSENT, row[3] == "Negated")
    return score.row()


def coded(report: OpenReport) -> set[str]:
    """The findings that the annotators coded."""
    found = set()
    for code in report.codes:
        head, *rest = (part.strip() for part in code.split("/"))
        keys = [head, *(f"{head}/{q}" for q in rest), *(f"*/{q}" for q in rest)]
        found.update(CODES[key] for key in keys if key in CODES)
    return found


def counts(mention: Mention) -> bool:
    """Asserted as the annotators code: present, probable, or one of two alternatives."""
    if mention.presence is Presence.UNCERTAIN:
        return mention.certainty in ("probable", "alternative")
    return mention.presence is Presence.PRESENT


def findings(reports: Iterable[OpenReport]) -> dict[str, dict[str, float]]:
    """Micro-averaged and single scores of the twelve findings over reports that were indexed."""
    scores = {name: Score() for name in dict.fromkeys(CODES.values())}
    for report in reports:
        if "No Indexing" in report.codes:
            continue
        text = f"{report.section('FINDINGS')} {report.section('IMPRESSION')}"
        mentions = read(text, LEXICON).mentions
        said = {CONCEPTS[m.concept] for m in mentions if m.concept in CONCEPTS and counts(m)}
        gold = coded(report)
        for name, score in scores.items():
            score.add(name in said, name in gold)
    every = scores.values()
    total = Score(sum(s.tp for s in every), sum(s.fp for s in every), sum(s.fn for s in every))
    return {"all twelve (micro)": total.row(), **{k: s.row() for k, s in scores.items()}}


#: NegBio's labels that the reader has a concept for (Peng et al., AMIA 2018).
NEGBIO_CONCEPTS = {
    "Atelectasis": ("atelectasis",),
    "Cardiomegaly": ("cardiomegaly",),
    "Effusion": ("pleural-effusion",),
    "Infiltration": ("infiltrate",),
    "Mass": ("mass",),
    "Nodule": ("nodule",),
    "Pneumonia": ("pneumonia",),
    "Pneumothorax": ("pneumothorax",),
    "Consolidation": ("consolidation",),
    "Edema": ("pulmonary-edema",),
    "Emphysema": ("emphysema",),
    "Fibrosis": ("pulmonary-fibrosis",),
    "Pleural_Thickening": ("pleural-thickening",),
}


def negbio(path: Path, reports: dict[int, OpenReport], half: str) -> dict[str, dict[str, float]]:
    """Thirteen findings of whole reports against NegBio's gold for Open-i, made of the same codes.

    The gold has codes that no word of the report supports, and lacks some that the words hold.
    """
    scores = {name: Score() for name in NEGBIO_CONCEPTS}
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            report = reports.get(int(row["filename"].removeprefix("CXR")))
            if report is None or report.tuning != (half == "tuning"):
                continue
            text = f"{report.section('FINDINGS')} {report.section('IMPRESSION')}"
            said = {m.concept for m in read(text, LEXICON).mentions if counts(m)}
            broad = {a for c in said for a in LEXICON.ancestors(c)}
            for name, score in scores.items():
                score.add(bool(broad & set(NEGBIO_CONCEPTS[name])), row[name] == "1")
    every = scores.values()
    total = Score(sum(s.tp for s in every), sum(s.fp for s in every), sum(s.fn for s in every))
    return {"all thirteen (micro)": total.row(), **{k: s.row() for k, s in scores.items()}}


def checks(reports: dict[int, OpenReport], half: str) -> dict[str, float | str]:
    """Sensitivity by error or warning that the untouched report did not have; false alarms."""
    seeded, clean = seed(reports, half)
    found, total = Counter[str](), Counter(s.kind for s in seeded)
    by: dict[str, Counter[str]] = {kind: Counter() for kind in total}
    started = time.perf_counter()
    for item in seeded:
        before = {(rule, text) for rule, text, _ in _problems(reports[item.id].plain_text())}
        after = {(rule, text) for rule, text, _ in _problems(item.text)}
        found[item.kind] += bool(after - before)
        by[item.kind].update({rule for rule, _ in after - before} or {"nothing"})
    levels = [{level for _, _, level in _problems(report.plain_text())} for report in clean]
    seconds = time.perf_counter() - started
    return {
        "seeded": len(seeded),
        "sensitivity": round(sum(found.values()) / len(seeded), 4),
        **{
            f"found {kind}": f"{found[kind] / total[kind]:.3f}  n {total[kind]}  by "
            + ", ".join(f"{rule} {n}" for rule, n in by[kind].most_common())
            for kind in total
        },
        "untouched": len(clean),
        "with an error": round(sum(Severity.ERROR in s for s in levels) / len(clean), 4),
        "with a warning": round(sum(Severity.WARNING in s for s in levels) / len(clean), 4),
        "ms a report": round(1000 * seconds / (2 * len(seeded) + len(clean)), 2),
    }


def _problems(text: str) -> set[tuple[str, str, Severity]]:
    report = import_report(text, "r")
    return {
        (p.rule, p.text, p.severity)
        for p in run_checks(report, LEXICON)
        if p.severity is not Severity.NOTE
    }


def measure(negex: Path | None, archive: Path | None) -> dict[str, object]:
    """All that the material at hand allows; what is missing says so."""
    result: dict[str, object] = {
        "lexicon": LEXICON.version,
        "concepts with an identifier": coverage(LEXICON),
    }
    if negex is not None and negex.exists():
        for half in ("tuning", "reporting"):
            result[f"negation, {half}"] = negation(negex, tuning=half == "tuning")
    else:
        result["negation"] = "no NegEx file here"
    if archive is None or not archive.exists():
        result["findings and checks"] = "no Open-i reports here: set RADASSIST_OPENI"
        return result
    reports = load(archive)
    for half in ("tuning", "reporting"):
        mine = [r for r in reports.values() if r.tuning == (half == "tuning")]
        result[f"findings, {half}"] = findings(mine)
        if NEGBIO.exists():
            result[f"findings against NegBio's gold, {half}"] = negbio(NEGBIO, reports, half)
        result[f"checks, {half}"] = checks(reports, half)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--reports", type=Path, default=find_archive())
    parser.add_argument("--negex", type=Path, default=NEGEX)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.negex, arguments.reports)
    if arguments.json:
        print(json.dumps(result, indent=1))
        return 0
    for name, value in result.items():
        print(f"\n{name}")
        rows = value if isinstance(value, dict) else {"": value}
        for key, item in rows.items():
            shown = (
                "  ".join(f"{k} {v}" for k, v in item.items()) if isinstance(item, dict) else item
            )
            print(f"  {key:24} {shown}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
