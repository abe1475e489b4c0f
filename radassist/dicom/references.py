"""Which images a DICOM document may refer to."""

from __future__ import annotations

import re

from pydicom.uid import UID

from radassist.domain.study import Instance


def is_dicom(instance: Instance) -> bool:
    """True where the instance can be referenced: registered SOP class, well-formed UIDs."""
    uids = (
        instance.sop_class_uid,
        instance.sop_instance_uid,
        instance.series_instance_uid,
        instance.study_instance_uid,
    )
    if not all(is_uid(uid) for uid in uids):
        return False
    return UID(instance.sop_class_uid).name != instance.sop_class_uid


def is_uid(text: str) -> bool:
    """PS3.5 section 9.1: numbers without leading zeros, divided by dots, 64 characters at most."""
    return len(text) <= 64 and re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+", text) is not None
