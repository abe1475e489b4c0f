"""Numbers with units and dates, as report English writes them."""

from __future__ import annotations

import re

from radassist.domain.reading.model import Quantity

_NUMBER = r"(?:\d{1,6}(?:[.,]\d{1,4})?|\.\d{1,4})"
_UNIT = (
    r"(?:mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?|met(?:er|re)s?|ml|mL|cc|milliliters?|"
    r"hu|HU|hounsfield units?|%|percent|cm/s(?:ec)?|m/s|mmhg|mm ?Hg|kg|mg|mcg|mSv|mGy|degrees?|°)"
)
_BY = r"\s*(?:[xX×*]|by)\s*"
_TO = r"\s*(?:-|–|—|to)\s*"
_QUANTITY = re.compile(
    rf"(?<![\w.,/])(?P<a>{_NUMBER})(?:\s*-?\s*(?P<ua>{_UNIT}))?"
    rf"(?:{_BY}(?P<b>{_NUMBER})(?:\s*-?\s*(?P<ub>{_UNIT}))?"
    rf"(?:{_BY}(?P<c>{_NUMBER})(?:\s*-?\s*(?P<uc>{_UNIT}))?)?"
    rf"|{_TO}(?P<r>{_NUMBER}))?"
    rf"(?:\s*-?\s*(?P<u>{_UNIT}))?(?![\w])",
    re.IGNORECASE,
)
_RATIO = re.compile(
    r"(?:ratio|CTR)\D{0,24}?(?<![\w.])(?P<v>(?:0|1)?\.\d{1,3})(?![\w%])", re.IGNORECASE
)

_UCUM = {
    "mm": "mm",
    "millimeter": "mm",
    "millimetre": "mm",
    "cm": "cm",
    "centimeter": "cm",
    "centimetre": "cm",
    "m": "m",
    "meter": "m",
    "metre": "m",
    "ml": "mL",
    "cc": "mL",
    "milliliter": "mL",
    "hu": "[hnsf'U]",
    "hounsfield unit": "[hnsf'U]",
    "%": "%",
    "percent": "%",
    "cm/s": "cm/s",
    "cm/sec": "cm/s",
    "m/s": "m/s",
    "mmhg": "mm[Hg]",
    "mm hg": "mm[Hg]",
    "kg": "kg",
    "mg": "mg",
    "mcg": "ug",
    "msv": "mSv",
    "mgy": "mGy",
    "degree": "deg",
    "°": "deg",
}


def quantities(text: str) -> tuple[Quantity, ...]:
    """All numbers with a unit, and ratios that are called so, in reading order."""
    found = [q for m in _QUANTITY.finditer(text) if (q := _quantity(m)) is not None]
    taken = [(q.start, q.end) for q in found]
    for m in _RATIO.finditer(text):
        start, end = m.span("v")
        if not any(s < end and start < e for s, e in taken):
            value = float(m.group("v"))
            found.append(Quantity(value, "1", start, end, (value,), text[start:end]))
    return tuple(sorted(found, key=lambda q: q.start))


def _quantity(found: re.Match[str]) -> Quantity | None:
    units = [found.group(g) for g in ("u", "uc", "ub", "ua") if found.group(g)]
    if not units:
        return None
    code = ucum(units[0])
    dims = []
    for number, unit in (("a", "ua"), ("b", "ub"), ("c", "uc"), ("r", "u")):
        if found.group(number):
            own = ucum(found.group(unit)) if found.group(unit) else code
            dims.append(_scaled(_float(found.group(number)), own, code))
    start, end = found.span()
    role = _role(found.string[max(0, start - 40) : start], found.string[end : end + 24])
    return Quantity(max(dims), code, start, end, tuple(dims), found.group(), role=role)


_PREVIOUS = re.compile(
    r"\b(?:previous(?:ly)?|prior|formerly|earlier|was|were|used to (?:be|measure)|from|"
    r"(?:compared|comparison) (?:to|with)|versus|vs\.?|initially|originally)"
    r"(?: (?:noted|seen|described|identified|demonstrated|reported|visualized|measured|measuring|"
    r"measurements?|size|at|of|a|an|the|about|approximately|study))*\W*$",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"(?:\b(?:greater|less|larger|smaller|more|bigger|fewer|longer|shorter|wider)(?: or equal)? "
    r"(?:than|to)|\b(?:exceed\w*|under|over|at least|at most|sub|criteri\w+|threshold\w*(?: of)?|"
    r"within|normal (?:is|range)?)|[<>≤≥])(?: (?:about|approximately|or equal to))*\W*$",
    re.IGNORECASE,
)
_DISTANCE = re.compile(
    r"^\s*(?:\w+ )?(?:above|below|from|proximal|distal|superior|inferior|cranial|caudal|cephalad|"
    r"away|deep|lateral|medial|posterior|anterior|beyond|short of|past|into|inside|slices?|"
    r"(?:slice )?thick(?:ness)?|intervals?|sections?|collimation)\b",
    re.IGNORECASE,
)
_AFTER = re.compile(r"^\s*(?:previously|formerly|on the prior|before)\b", re.IGNORECASE)


def _role(before: str, after: str) -> str:
    """What a number stands for, by the words beside it ("previously", "less than", "above")."""
    if _PREVIOUS.search(before) or _AFTER.search(after):
        return "previous"
    if _LIMIT.search(before):
        return "limit"
    return "distance" if _DISTANCE.search(after) else ""


def ucum(unit: str) -> str:
    """UCUM code of a unit as written ("centimetres" -> "cm")."""
    low = " ".join(unit.lower().split())
    return _UCUM.get(low) or _UCUM.get(low.rstrip("s")) or low


def _float(number: str) -> float:
    return float(number.replace(",", "."))


def _scaled(value: float, unit: str, code: str) -> float:
    """A dimension in the unit of the whole ("9 mm x 1.2 cm")."""
    factor = {("mm", "cm"): 0.1, ("cm", "mm"): 10.0}.get((unit, code), 1.0)
    return round(value * factor, 6)


_MONTH = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATES = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<![\d/.-])(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>(?:19|20)?\d\d)(?![\d/])"),
    re.compile(r"(?<![\d/.-])(?P<d>\d{1,2})[.-](?P<m>\d{1,2})[.-](?P<y>(?:19|20)\d\d)(?!\d)"),
    re.compile(
        r"\b(?P<d>\d{1,2})(?:st|nd|rd|th)?[ -]+(?:of +)?"
        + _MONTH.format("w")
        + r",?[ -]+(?P<y>(?:19|20)\d\d)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b"
        + _MONTH.format("w")
        + r"\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>(?:19|20)\d\d)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b" + _MONTH.format("w") + r",?\s+(?P<y>(?:19|20)\d\d)\b", re.IGNORECASE),
    re.compile(r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)(?!\d)"),
    re.compile(r"\b(?:in|from|since|of|dated) (?P<y>(?:19|20)\d\d)\b(?![./-]\d)"),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def dates(text: str) -> tuple[tuple[str, int, int], ...]:
    """Calendar dates as (YYYYMMDD, YYYYMM or YYYY, start, end), in reading order.

    Slashed dates are read month first, as the reports of the United States write them, unless the
    first number cannot be a month.
    """
    found: list[tuple[str, int, int]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(s < end and start < e for _, s, e in found):
                continue
            value = _date(match.groupdict())
            if value:
                found.append((value, start, end))
    return tuple(sorted(found, key=lambda item: item[1]))


def _date(parts: dict[str, str | None]) -> str:
    year = parts.get("y") or ""
    year = year if len(year) == 4 else "20" + year if int(year or 0) < 70 else "19" + year
    word = parts.get("w")
    month = _MONTHS.index(word.lower()[:3]) + 1 if word else int(parts.get("m") or 0)
    day = int(parts.get("d") or 0)
    if month > 12 and 1 <= day <= 12:
        month, day = day, month
    if month > 12 or day > 31:
        return ""
    return year + (f"{month:02d}" if month else "") + (f"{day:02d}" if month and day else "")
