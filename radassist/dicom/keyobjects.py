"""Read key object selections (PS3.3 A.35.4; TID 2010 in PS3.16)."""

from __future__ import annotations

from dataclasses import replace

from pydicom.dataset import Dataset

from radassist.dicom import elements
from radassist.dicom.companions import object_ref
from radassist.domain.companions import KeyObjects, ObjectRef

_DESCRIPTION = "113012"  # DCM: Key Object Description
_MODIFIERS = ("113011", "113013")  # DCM: Document Title Modifier, Key Object Description (CID 7010)


def read_key_objects(dataset: Dataset, references: tuple[ObjectRef, ...]) -> KeyObjects:
    """The selection in a data set.

    :param references: of its header, which name the series and study of each image.
    """
    where = {ref.sop_instance_uid: ref for ref in references}
    images: list[ObjectRef] = []
    reasons: list[str] = []
    author = ""
    for item in elements.items(dataset, "ContentSequence"):
        kind = elements.text(item, "ValueType").upper()
        concept = _code(item, "ConceptNameCodeSequence")
        if kind in ("IMAGE", "COMPOSITE"):
            for ref in map(object_ref, elements.items(item, "ReferencedSOPSequence")):
                known = where.get(ref.sop_instance_uid)
                images.append(replace(known, frames=ref.frames) if known else ref)
        elif kind == "TEXT" and concept == _DESCRIPTION:
            reasons.append(elements.paragraphs(item, "TextValue"))
        elif kind == "CODE" and concept in _MODIFIERS:
            reasons += elements.code_meanings(item, "ConceptCodeSequence")
        elif kind == "PNAME":
            author = author or elements.name(item, "PersonName")
    title = elements.code_meanings(dataset, "ConceptNameCodeSequence")
    return KeyObjects(
        title[0] if title else "Key objects",
        tuple(images),
        ". ".join(r for r in reasons if r),
        author,
    )


def _code(item: Dataset, keyword: str) -> str:
    return elements.text(elements.item(item, keyword), "CodeValue")
