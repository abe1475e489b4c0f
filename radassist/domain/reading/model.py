"""What a sentence says, as plain data.  All spans are 0-based character offsets, end exclusive."""

from __future__ import annotations

from dataclasses import dataclass

from radassist.domain.findings import Laterality, Presence

#: Kinds of mention that state something about the patient.
STATED_KINDS = ("finding", "device")


@dataclass(frozen=True)
class Quantity:
    """A number with a unit.

    :param value: the largest dimension.
    :param unit: UCUM code: ``mm``, ``cm``, ``mL``, ``[hnsf'U]`` (Hounsfield), ``%``, ``1``...
    :param dims: all dimensions as written ("2 x 3 x 4 cm" -> (2, 3, 4); a range -> both ends).
    :param role: "" for what is measured now; ``previous`` ("previously 6 mm"), ``limit`` ("no
        larger than 6 mm") or ``distance`` ("4 cm above the carina").
    """

    value: float
    unit: str
    start: int
    end: int
    dims: tuple[float, ...]
    text: str
    sentence: int = 0
    role: str = ""

    @property
    def millimetres(self) -> tuple[float, ...]:
        """The dimensions in millimetres; empty where the unit is not a length."""
        factor = {"mm": 1.0, "cm": 10.0, "m": 1000.0}.get(self.unit)
        return tuple(round(d * factor, 6) for d in self.dims) if factor else ()


@dataclass(frozen=True)
class Mention:
    """One concept that a sentence names, with what is asserted of it.

    :param concept: lexicon id ("pleural-effusion").
    :param kind: ``finding``, ``device``, ``anatomy`` or ``measurement-name``.
    :param location: lexicon ids of the anatomy it is tied to by the text, in reading order.
    :param change: "", ``new``, ``increased``, ``decreased``, ``unchanged`` or ``resolved``.
    :param certainty: "", ``possible``, ``probable`` or ``alternative`` ("A or B", "A versus B").
    :param severity: "", ``trace``, ``mild``, ``moderate`` or ``severe``.
    :param qualifiers: words that narrow what is asserted or denied ("acute", "large", "focal",
        "chronic", "calcified"): "no large effusion" does not deny a small one.  "family" marks
        what a relative has or had.
    :param sentence: 0-based number of the sentence it stands in.
    :param sizes: the numbers of the sentence that belong to it, whatever their role.
    """

    concept: str
    kind: str
    start: int
    end: int
    text: str
    presence: Presence = Presence.PRESENT
    laterality: Laterality = Laterality.NONE
    location: tuple[str, ...] = ()
    change: str = ""
    certainty: str = ""
    severity: str = ""
    qualifiers: tuple[str, ...] = ()
    sentence: int = 0
    sizes: tuple[Quantity, ...] = ()


@dataclass(frozen=True)
class Reading:
    """All that the reader finds in one text (a sentence or a paragraph).

    :param comparisons: comparison words with their spans ("unchanged", "compared with").
    :param dates: calendar dates as YYYYMMDD, or YYYYMM or YYYY where the text says no more.
    :param sentences: spans of the sentences.
    :param recommendations: spans of the sentences that recommend something; ``recommendation``
        is also true of one that says that nothing is needed.
    """

    text: str
    mentions: tuple[Mention, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    lateralities: tuple[tuple[Laterality, int, int], ...] = ()
    comparisons: tuple[tuple[str, int, int], ...] = ()
    dates: tuple[tuple[str, int, int], ...] = ()
    recommendation: bool = False
    sentences: tuple[tuple[int, int], ...] = ()
    recommendations: tuple[tuple[int, int], ...] = ()

    def findings(self) -> tuple[Mention, ...]:
        """Mentions of findings and devices: what is asserted or denied."""
        return tuple(m for m in self.mentions if m.kind in STATED_KINDS)
