"""An impression written from the findings, held against the one that a radiologist wrote.

Key findings are the findings (no devices, no "acute disease" in general) that the radiologist's
own impression affirms or suspects.  They count where the Findings section affirms or suspects them
too, for the writer sees nothing else; a narrower or broader name of the same finding keeps it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from radassist.checks.conflicts import UMBRELLAS
from radassist.domain.findings import Presence
from radassist.domain.reading import Lexicon
from radassist.domain.report import Report
from radassist.ports import LanguageModel
from radassist.workflow.chat.view import read_cached
from radassist.workflow.impression import write_impression
from radassist.workflow.language_bench.facts import not_held

_AFFIRMED = (Presence.PRESENT, Presence.UNCERTAIN)


@dataclass(frozen=True)
class ImpressionVerdict:
    """One report.

    :param keys: key findings that the Findings hold; ``kept`` are those of them in the new
        impression; ``beyond`` are key findings that the Findings do not hold.
    :param written: number of sentences; ``by_model`` of them by the model.
    :param invented: facts that the findings do not hold, after the gate.
    :param refused: sentences of the model that the gate refused.
    """

    id: str
    keys: tuple[str, ...]
    kept: tuple[str, ...]
    beyond: tuple[str, ...]
    written: int
    by_model: int
    invented: tuple[str, ...]
    refused: int
    seconds: float


def run_impressions(
    reports: Mapping[str, Report], lexicon: Lexicon, model: LanguageModel | None
) -> list[ImpressionVerdict]:
    """Write the impression of each imported report anew and compare."""
    return [_run(name, report, lexicon, model) for name, report in reports.items()]


def _run(
    name: str, report: Report, lexicon: Lexicon, model: LanguageModel | None
) -> ImpressionVerdict:
    human = _texts(report, "Impression")
    findings = _texts(report, "Findings")
    begun = time.perf_counter()
    bare = replace(
        report,
        sections=tuple(replace(s, statements=()) if _is(s.name) else s for s in report.sections),
    )
    statements, notices = write_impression(bare, lexicon, model)
    seconds = time.perf_counter() - begun
    written = [s.text for s in statements]
    wanted, held = affirmed(human, lexicon), affirmed(findings, lexicon)
    keys = sorted(k for k in wanted if _among(k, held, lexicon))
    said = affirmed(written, lexicon)
    return ImpressionVerdict(
        name,
        tuple(keys),
        tuple(k for k in keys if _among(k, said, lexicon)),
        tuple(sorted(wanted - set(keys))),
        len(written),
        sum(model is not None and s.provenance.source.endswith(model.pack) for s in statements),
        tuple(x for text in written for x in not_held(text, findings, lexicon)),
        sum("refused" in notice for notice in notices),
        seconds,
    )


def _is(name: str) -> bool:
    return name.lower() == "impression"


def _texts(report: Report, section: str) -> list[str]:
    return [s.text for own, s in report.live() if own.name == section]


def affirmed(texts: list[str], lexicon: Lexicon) -> set[str]:
    """Ids of the findings that texts affirm or suspect."""
    return {
        mention.concept
        for text in texts
        for mention in read_cached(text, lexicon).findings()
        if mention.kind == "finding"
        and mention.presence in _AFFIRMED
        and mention.concept not in UMBRELLAS
    }


def _among(concept: str, others: set[str], lexicon: Lexicon) -> bool:
    return any(lexicon.related(concept, other) for other in others)
