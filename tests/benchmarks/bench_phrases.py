"""How much of real report language can be remembered, and what is offered of it.

``python tests/benchmarks/bench_phrases.py [--limit N]`` on the Open-i reports (``openi_reports``):

* of the sentences of their Findings that state a finding, the share that may be kept as a pattern;
* patterns that hold a mark of the anonymisation (XXXX stands where a name, date or number was): a
  leak, which must be 0;
* every pattern put on every drafted sentence of its topic: how many are offered, and how many of
  these fail the checks' gate for models (a finding, side or number added), which must be 0.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable

from openi_reports import OpenReport, find_archive, load

from radassist.checks.agreement import unsupported
from radassist.domain.reading.tokens import sentence_spans
from radassist.domain.wording import facts_of, filled, same_statement, storable
from radassist.library.lexicon import load_lexicon
from radassist.library.templates import load_templates
from radassist.library.wording import load_vocabulary

#: What the vision pack and the rules write, besides the templates' sentences.
_MACHINE = (
    "The heart is enlarged, with a cardiothoracic ratio of 0.57 (95 % CI 0.53 to 0.61).",
    "The heart is not enlarged, with a cardiothoracic ratio of 0.45 (95 % CI 0.42 to 0.48).",
    "Heart size is borderline, with a cardiothoracic ratio of 0.50 (95 % CI 0.48 to 0.52).",
    "Small left pleural effusion.",
    "8 mm nodule in the right upper lobe.",
    "Mild cardiomegaly.",
)


def measure(reports: Iterable[OpenReport]) -> dict[str, int]:
    """Counts by what they are of."""
    lexicon, words = load_lexicon(), load_vocabulary()
    sentences: Counter[str] = Counter()
    for report in reports:
        text = report.section("FINDINGS")
        sentences.update(text[a:b].strip() for a, b in sentence_spans(text))
    counts = Counter[str]()
    patterns: dict[str, set[str]] = {}
    for sentence, times in sentences.items():
        topic = facts_of(sentence, lexicon).key
        if not topic:
            continue
        counts["sentences with a finding"] += times
        pattern = storable(sentence, lexicon, words)
        if pattern:
            counts["may be kept"] += times
            patterns.setdefault(topic, set()).add(pattern)
            counts["leaks"] += "xxx" in pattern.lower()
    counts["patterns"] = sum(len(found) for found in patterns.values())
    drafted = [s.text for t in load_templates() for s in t.findings] + list(_MACHINE)
    for source in dict.fromkeys(drafted):
        for pattern in sorted(patterns.get(facts_of(source, lexicon).key, ())):
            text = filled(pattern, source, lexicon)
            counts["patterns tried on a drafted sentence"] += 1
            if text and same_statement(text, source, lexicon, words):
                counts["offered"] += 1
                counts["refused by the gate"] += bool(unsupported(text, [source], lexicon))
    return counts


def main() -> int:
    """Print the table; 0 when nothing leaks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--limit", type=int, default=0, help="only so many reports")
    arguments = parser.parse_args()
    archive = find_archive()
    if archive is None:
        sys.stderr.write("The Open-i reports are not here; RADASSIST_OPENI names them.\n")
        return 2
    reports = list(load(archive).values())
    counts = measure(reports[: arguments.limit or None])
    for name, count in counts.items():
        sys.stdout.write(f"{name}: {count}\n")
    return 1 if counts["leaks"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
