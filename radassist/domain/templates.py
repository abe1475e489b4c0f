"""Report templates: which one fits a series, and what text they propose.

A template's normal sentences are proposals, not observations: each becomes a statement with
provenance ``template`` and state ``proposed``, and no model finding is made of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from radassist.domain.study import Series

_FIELD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class TemplateSentence:
    """One proposed sentence.

    :param label: what it is about, shown beside it ("Heart", "Pleura").
    :param covers: lexicon concepts it speaks about; an observed finding of one of them takes its
        place.
    :param unless: a merge field whose presence makes this sentence unnecessary.
    :param requires: merge fields that must be known though the text does not show them: nothing
        is said of enhancement where no contrast was recorded.
    :param series: words of which one must stand in a series description: nothing is said of
        diffusion where no diffusion series was opened.
    """

    text: str
    label: str = ""
    covers: tuple[str, ...] = ()
    unless: str = ""
    requires: tuple[str, ...] = ()
    series: tuple[str, ...] = ()

    @property
    def needs(self) -> frozenset[str]:
        """Merge fields without which the sentence is left out: it is never half filled."""
        return frozenset(_FIELD.findall(self.text))

    def filled(self, fields: Mapping[str, str]) -> str | None:
        """The sentence with its merge fields filled, or None where the header lacks one."""
        known = self.needs | set(self.requires)
        if fields.get(self.unless) or any(not fields.get(name) for name in known):
            return None
        described = fields.get("series_descriptions", "").lower()
        if self.series and not any(word in described for word in self.series):
            return None
        return _FIELD.sub(lambda m: fields[m.group(1)], self.text)


@dataclass(frozen=True)
class ReportTemplate:
    """A report template as read from ``resources/templates/*.toml``.

    :param modalities: DICOM Modality codes it is for; empty for any.
    :param body_parts: upper-case body part words it is for; empty for any.
    :param views: ViewPosition codes it is for; empty for any.
    """

    id: str
    version: int
    title: str
    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    examination: tuple[TemplateSentence, ...] = ()
    technique: tuple[TemplateSentence, ...] = ()
    findings: tuple[TemplateSentence, ...] = ()

    @property
    def ref(self) -> str:
        """``id@version``, as evidence names it."""
        return f"{self.id}@{self.version}"


def fit(template: ReportTemplate, series: Series) -> int:
    """How specifically a template fits a series: -1 not at all, else the number of matched axes.

    The normals of people do not hold for animals, and those of a diagnostic series not for a scout:
    both are left to the general template, which proposes nothing about the body.
    """
    score = 0
    if (series.species or series.is_localizer) and (template.modalities or template.body_parts):
        return -1
    body_part = series.body_part.upper()
    axes: tuple[tuple[tuple[str, ...], bool], ...] = (
        (template.modalities, series.modality.upper() in template.modalities),
        (template.body_parts, any(part in body_part for part in template.body_parts)),
        (template.views, series.view.upper() in template.views),
    )
    for wanted, matched in axes:
        if wanted and not matched:
            return -1
        score += bool(wanted)
    return score


def choose(templates: Sequence[ReportTemplate], series: Series) -> ReportTemplate:
    """The most specific template that fits; the general one (no axes) always does.

    :raises ValueError: no template fits at all, so not even a general one was given.
    """
    return max(
        (t for t in templates if fit(t, series) >= 0),
        key=lambda t: (fit(t, series), t.id),
    )
