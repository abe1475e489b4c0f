"""Tolerant access to header values: an odd value reads as absent, never as an exception."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from functools import cache
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from radassist.dicom.text import clean, clean_lines, ideographic_name, person_name
from radassist.errors import InputFault

#: What pydicom raises while it converts an odd value (it converts when a value is first used).
ODD_VALUE = (
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    NotImplementedError,
    EOFError,
    RecursionError,
    struct.error,
)

#: No honest element that is read here has more values than this, but for tables and outlines.
_MAX_VALUES = 4096
#: Items of one sequence with all below them: an enhanced object of 10,000 frames has 100,000.
_MAX_ITEMS = 150_000
_ITEM = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")


def value(dataset: Dataset | None, keyword: str) -> Any:
    """The value of an element, or None where it is absent, empty or cannot be read."""
    tag = _tag(keyword)
    if dataset is None or tag is None or tag not in dataset:
        return None
    try:
        found = dataset[tag].value
    except ODD_VALUE:
        return None
    return None if found is None or found == "" else found


@cache
def _tag(keyword: str) -> BaseTag | None:
    """Most elements that are asked for are absent, which is known fastest by the tag."""
    tag = tag_for_keyword(keyword)
    return Tag(tag) if tag is not None else None


def text(dataset: Dataset | None, keyword: str) -> str:
    """Cleaned text of an element; the first value where there are several; "" if absent."""
    found = values(dataset, keyword)
    return clean(found[0]) if found else ""


def texts(dataset: Dataset | None, keyword: str) -> tuple[str, ...]:
    """Cleaned text of all values of an element."""
    return tuple(clean(v) for v in values(dataset, keyword))


def paragraphs(dataset: Dataset | None, keyword: str) -> str:
    """Cleaned text of several lines (LT, ST, UT); "" if absent."""
    found = values(dataset, keyword)
    return clean_lines("\n".join(str(v) for v in found)) if found else ""


def name(dataset: Dataset | None, keyword: str) -> str:
    """A person name element as "Family, Given"."""
    try:
        return person_name(value(dataset, keyword) or "")
    except ODD_VALUE:
        return ""


def native_name(dataset: Dataset | None, keyword: str) -> str:
    """The ideographic group of a person name element, "" where it has none beside another."""
    try:
        return ideographic_name(value(dataset, keyword) or "")
    except ODD_VALUE:
        return ""


def values(dataset: Dataset | None, keyword: str, most: int = _MAX_VALUES) -> list[Any]:
    """All values of an element as a list, up to ``most``; one value makes a list of one."""
    found = value(dataset, keyword)
    if found is None:
        return []
    if isinstance(found, str | bytes) or not isinstance(found, Sequence):
        return [found]
    return list(found[:most])


def number(dataset: Dataset | None, keyword: str) -> float | None:
    """A finite number, or None."""
    found = numbers(dataset, keyword)
    return found[0] if found else None


def integer(dataset: Dataset | None, keyword: str) -> int | None:
    """A whole number, or None."""
    found = number(dataset, keyword)
    return int(found) if found is not None and abs(found) < 2**53 else None


def numbers(
    dataset: Dataset | None, keyword: str, count: int | None = None, most: int = _MAX_VALUES
) -> list[float]:
    """Finite numbers of an element; empty where one of them is odd or the count is another."""
    try:
        found = [float(v) for v in values(dataset, keyword, most)]
    except ODD_VALUE:
        return []
    if not all(math.isfinite(v) for v in found) or (count is not None and len(found) != count):
        return []
    return found


def items(dataset: Dataset | None, keyword: str) -> list[Dataset]:
    """The items of a sequence; empty where it is absent or is no sequence.

    :raises InputFault: it holds more items than can be read in time.
    """
    _refuse_too_many(dataset, keyword)
    found = value(dataset, keyword)
    if found is None or isinstance(found, str | bytes):
        return []
    try:
        return [item for item in found if isinstance(item, Dataset)]
    except ODD_VALUE:
        return []


def _refuse_too_many(dataset: Dataset | None, keyword: str) -> None:
    """Count the items of a sequence that is not converted yet, by the bytes of their tags."""
    tag = _tag(keyword)
    if dataset is None or tag is None or tag not in dataset:
        return
    raw = dataset.get_item(tag)
    data = raw.value if isinstance(raw, RawDataElement) else None
    if not isinstance(data, bytes) or len(data) < 8 * _MAX_ITEMS:
        return
    if max(data.count(mark) for mark in _ITEM) > _MAX_ITEMS:
        raise InputFault("it holds a sequence of more items than can be read")


def item(dataset: Dataset | None, keyword: str) -> Dataset | None:
    """The first item of a sequence, or None."""
    found = items(dataset, keyword)
    return found[0] if found else None


def code_meanings(dataset: Dataset | None, keyword: str) -> tuple[str, ...]:
    """CodeMeaning of each item of a code sequence (PS3.3 section 8.8)."""
    return tuple(m for m in (text(i, "CodeMeaning") for i in items(dataset, keyword)) if m)
