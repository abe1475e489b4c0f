"""A key image that was marked is in every export: picture, PDF, and a Key Object Selection."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from real_images import Never, data_file

from radassist.app.workbench import Workbench
from radassist.domain.measuring.annotation import Shape
from radassist.workflow.study_choice import choose

pytestmark = pytest.mark.e2e


def test_a_marked_frame_is_exported_with_what_was_drawn(tmp_path: Path) -> None:
    image = data_file("RG1_UNCR.dcm")

    def quiet(_fraction: float, _text: str) -> None:
        pass

    with Workbench("Dr Roe", home=tmp_path / "home") as bench:
        subject = choose(bench.open([image], quiet, Never()), [image])
        outcome = bench.draft(subject, quiet, Never(), language=False)
        frame = subject.series.frames[0]
        without, _ = bench.export_all(outcome, tmp_path / "before")
        assert "key-images.ko.dcm" not in {p.name for p in without}
        kept = bench.annotations(subject.study.study_instance_uid)
        kept.mark_key_image(frame.ref)
        kept.add(Shape.LENGTH, frame.ref, [(10, 10), (60, 40)], "Lesion 1")
        paths, notes = bench.export_all(outcome, tmp_path / "after")
        events = [e["action"] for e in bench.store.audit.events()]
    assert notes == []
    names = {p.name for p in paths}
    assert {"key-images.ko.dcm", "report.pdf", "report.sr.dcm"} <= names
    pictures = [p for p in paths if p.name.startswith("key-image-")]
    assert any((tmp_path / "after" / p.name).stat().st_size > 1000 for p in pictures)
    ko = pydicom.dcmread(tmp_path / "after" / "key-images.ko.dcm")
    (item,) = [i for i in ko.ContentSequence if i.ValueType == "IMAGE"]
    assert item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == frame.ref.sop_uid
    # The radiograph's own measured image was exported before; the marked one comes beside it.
    assert len(pictures) == len([p for p in without if p.name.startswith("key-image-")]) + 1
    assert {"key-image.mark", "annotation.add", "report.export"} <= set(events)
