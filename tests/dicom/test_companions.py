"""Objects beside the images: found, tied to images, and read."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from radassist.dicom.archive import DicomArchive
from radassist.domain.companions import (
    Companion,
    CompanionKind,
    Document,
    KeyObjects,
    key_objects_for,
    of_kind,
    presentation_states_for,
    segmentations_for,
)
from radassist.domain.presentation import PresentationState, StateMapping, hidden
from radassist.domain.segmentation import Segmentation, stored_frame
from radassist.domain.study import Frame, OpenResult, Series
from radassist.domain.windowing import windowed
from radassist.errors import InputFault
from radassist.ports import DecodedFrame, NothingOpened

Opener = Callable[..., OpenResult]


def companions(open_paths: Opener, *paths: Path) -> tuple[Companion, ...]:
    try:
        return open_paths(*paths).companions
    except NothingOpened as fault:
        return fault.result.companions


def document(archive: DicomArchive, open_paths: Opener, path: Path) -> Document:
    (found,) = companions(open_paths, path)
    content = archive.read_content(found)
    assert isinstance(content, Document)
    return content


# --- presentation states -----------------------------------------------------------------------


def state_and_image(
    archive: DicomArchive, open_paths: Opener, folder: Path, state: str, image: str
) -> tuple[PresentationState, DecodedFrame]:
    result = open_paths(folder / state, folder / image)
    frame = result.series()[0][1].frames[0]
    (companion,) = presentation_states_for(result.companions, frame.ref)
    content = archive.read_content(companion)
    assert isinstance(content, PresentationState)
    return content.for_image(frame.ref), archive.decode(frame)


def shown(state: PresentationState, image: DecodedFrame) -> np.ndarray:
    mapping = StateMapping(state, (*image.window, image.voi_function), image.rescale)
    return windowed(image.pixels, mapping)


def test_three_scrambled_tables_undo_each_other(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    """Modality, VOI and presentation LUT of the state give back the ramp that the file is."""
    folder = dicom_data / "C_conformance/gsps"
    state, image = state_and_image(archive, open_paths, folder, "prLUTs.dcm", "imageForPrLUTs.dcm")
    grey = shown(state, image)
    assert state.label == "XLUT_P03"
    assert np.all(np.diff(grey[100].astype(int)) >= 0)
    assert (grey[100, 0], grey[100, -1]) == (0, 255)


def test_dcmtk_renders_the_same_pixels(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, tmp_path: Path
) -> None:
    if shutil.which("dcmp2pgm") is None:
        pytest.skip("no DCMTK on this machine to compare with")
    folder = dicom_data / "C_conformance/gsps"
    out = tmp_path / "dcmtk.pgm"
    command = ["dcmp2pgm", "-q", "-p", folder / "prLUTs.dcm", folder / "imageForPrLUTs.dcm", out]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    state, image = state_and_image(archive, open_paths, folder, "prLUTs.dcm", "imageForPrLUTs.dcm")
    assert np.array_equal(shown(state, image), np.array(Image.open(out)))


def test_six_overlays_in_three_ways_of_storing(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    """Two lie in unused bits, two in the image's own planes, two in the state; each has a layer."""
    folder = dicom_data / "C_conformance/gsps"
    state, image = state_and_image(archive, open_paths, folder, "prOverlay.dcm", "overlay.dcm")
    assert image.overlay_groups == (0x6000, 0x6002, 0x6004, 0x6006)
    assert state.image_overlays == image.overlay_groups
    assert [p.layer for p in state.overlays] == ["LAYER5", "LAYER6"]
    for plane in (*image.overlays, *(p.mask for p in state.overlays)):
        assert plane.shape == (512, 512)
        assert 500 < plane.sum() < 700  # each is a short word in the image
    assert image.pixels.max() == 4095  # the bits of the planes are no part of the values
    assert [layer.order for layer in state.layers] == [1, 2, 3, 4, 5, 6]


def test_an_annotation_with_its_text(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    (companion,) = companions(open_paths, dicom_data / "C_conformance/gsps/PR000000.dcm")
    state = archive.read_content(companion)
    assert isinstance(state, PresentationState)
    (annotation,) = state.annotations
    (ellipse,), (text,) = annotation.graphics, annotation.texts
    assert (ellipse.kind, len(ellipse.points)) == ("ELLIPSE", 4)
    assert ellipse.points[0] == pytest.approx((1713.868, 990.922), abs=1e-3)
    assert text.text.splitlines()[2] == "Area: 119.58 cm² (W: 12.68 cm H:12.01 cm)"
    assert state.vois[0].window == (2048.0, 4096.0)
    assert state.areas[0].box == (-1.0, -1.0, 2687.0, 2687.0)


def made_state(path: Path, image: Dataset, **attributes: object) -> Path:
    """A presentation state for an image, with what the keyword arguments say."""
    reference = Dataset()
    reference.ReferencedSOPClassUID = image.SOPClassUID
    reference.ReferencedSOPInstanceUID = image.SOPInstanceUID
    series = Dataset()
    series.SeriesInstanceUID = image.SeriesInstanceUID
    series.ReferencedImageSequence = [reference]
    state = Dataset()
    state.SOPClassUID = "1.2.840.10008.5.1.4.1.1.11.1"
    state.SOPInstanceUID = "1.2.3.77"
    state.StudyInstanceUID = image.StudyInstanceUID
    state.SeriesInstanceUID = "1.2.3.76"
    state.Modality = "PR"
    state.ContentLabel = "MADE"
    state.ReferencedSeriesSequence = [series]
    state.PresentationLUTShape = "IDENTITY"
    for keyword, value in attributes.items():
        setattr(state, keyword, value)
    state.file_meta = pydicom.dataset.FileMetaDataset()
    state.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    state.file_meta.MediaStorageSOPClassUID = state.SOPClassUID
    state.file_meta.MediaStorageSOPInstanceUID = state.SOPInstanceUID
    state.save_as(path, enforce_file_format=True)
    return path


def made(
    archive: DicomArchive, open_paths: Opener, folder: Path, image: Path, **attributes: object
) -> tuple[PresentationState, DecodedFrame]:
    path = made_state(folder / "pr.dcm", pydicom.dcmread(image), **attributes)
    result = open_paths(path, image)
    frame = result.series()[0][1].frames[0]
    (companion,) = presentation_states_for(result.companions, frame.ref)
    state = archive.read_content(companion)
    assert isinstance(state, PresentationState)
    return state.for_image(frame.ref), archive.decode(frame)


def test_another_rescale_takes_the_place_of_the_images_own(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, tmp_path: Path
) -> None:
    path = dicom_data / "A_series/chest_ct_lungdx_30x8mm/1-15.dcm"
    voi = Dataset()
    voi.WindowCenter, voi.WindowWidth = 1064, 400  # 40 HU in stored values
    same, image = made(
        archive, open_paths, tmp_path, path, RescaleSlope=1, RescaleIntercept=0,
        RescaleType="US", SoftcopyVOILUTSequence=[voi],
    )  # fmt: skip
    slope, intercept = image.rescale or (0.0, 0.0)
    expected = windowed(
        image.pixels, StateMapping(PresentationState(), (1064 + intercept, 400, "LINEAR"))
    )
    assert (slope, intercept) == (1.0, -1024.0)
    assert np.array_equal(shown(same, image), expected)


def test_inverse_rotation_flip_and_area(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, tmp_path: Path
) -> None:
    path = dicom_data / "A_series/chest_ct_lungdx_30x8mm/1-15.dcm"
    area = Dataset()
    area.DisplayedAreaTopLeftHandCorner = [101, 51]
    area.DisplayedAreaBottomRightHandCorner = [400, 300]
    area.PresentationSizeMode = "SCALE TO FIT"
    state, image = made(
        archive, open_paths, tmp_path, path, PresentationLUTShape="INVERSE", ImageRotation=270,
        ImageHorizontalFlip="Y", DisplayedAreaSelectionSequence=[area],
    )  # fmt: skip
    plain = windowed(image.pixels, StateMapping(PresentationState(), (*image.window, "LINEAR")))
    assert np.array_equal(shown(state, image), 255 - plain)
    assert (state.rotation, state.flipped) == (270, True)
    assert state.areas[0].box == (100.0, 50.0, 399.0, 299.0)


def test_shutters_hide_what_lies_outside(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, tmp_path: Path
) -> None:
    path = dicom_data / "A_series/chest_ct_lungdx_30x8mm/1-15.dcm"
    state, image = made(
        archive, open_paths, tmp_path, path,
        ShutterShape=["RECTANGULAR", "CIRCULAR", "POLYGONAL"], ShutterLeftVerticalEdge=101,
        ShutterRightVerticalEdge=400, ShutterUpperHorizontalEdge=51,
        ShutterLowerHorizontalEdge=300, CenterOfCircularShutter=[200, 250],
        RadiusOfCircularShutter=120, ShutterPresentationValue=0,
        VerticesOfThePolygonalShutter=[100, 100, 100, 401, 290, 401, 290, 100],
    )  # fmt: skip
    assert state.shutter is not None
    gone = hidden(state.shutter, *image.pixels.shape)
    seen = {(y, x) for y, x in ((199, 249), (100, 250), (285, 250)) if not gone[y, x]}
    assert seen == {(199, 249), (100, 250), (285, 250)}
    for y, x in ((50, 250), (295, 250), (199, 95), (199, 405), (90, 330), (199, 375)):
        assert gone[y, x], (y, x)


# --- key objects -------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:The string:UserWarning")  # the images' own names
def test_key_objects_made_by_highdicom_are_found_again(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, tmp_path: Path
) -> None:
    """Recipe: highdicom 0.28 writes a selection of two slices of the shared chest CT."""
    import highdicom as hd
    from pydicom.sr.codedict import codes

    folder = dicom_data / "A_series/chest_ct_lungdx_30x8mm"
    images = [pydicom.dcmread(folder / name) for name in ("1-15.dcm", "1-20.dcm")]
    content = hd.ko.KeyObjectSelection(
        document_title=codes.DCM.OfInterest,
        referenced_objects=images,
        description="Mass in the right lower lobe",
    )
    selection = hd.ko.KeyObjectSelectionDocument(
        evidence=images, content=content, series_instance_uid=hd.UID(), series_number=9,
        sop_instance_uid=hd.UID(), instance_number=1, manufacturer="none",
    )  # fmt: skip
    selection.save_as(tmp_path / "ko.dcm")
    result = open_paths(folder, tmp_path / "ko.dcm")
    study, _ = result.series()[0]
    (companion,) = key_objects_for(result.companions, study.study_instance_uid)
    found = archive.read_content(companion)
    assert isinstance(found, KeyObjects)
    assert found.title == "Of Interest"
    assert found.reason == "Mass in the right lower lobe"
    wanted = {i.SOPInstanceUID for i in images}
    assert {r.sop_instance_uid for r in found.images} == wanted
    assert {r.study_instance_uid for r in found.images} == {study.study_instance_uid}


# --- segmentations -----------------------------------------------------------------------------


def masks_on(
    archive: DicomArchive, companion: Companion, series: Series, image: Frame
) -> tuple[Segmentation, dict[int, np.ndarray]]:
    content = archive.read_content(companion)
    assert isinstance(content, Segmentation)
    stored = [
        archive.decode(stored_frame(companion, f.index)).pixels for f in content.frames_on(image)
    ]
    return content, content.masks(image, stored, series.pixel_spacing)


def test_the_liver_lies_on_the_slice_that_it_was_drawn_on(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    folder = dicom_data / "C_conformance/seg/liver_3slice"
    result = open_paths(folder)
    ((_, series),) = result.series()
    found = segmentations_for(result.companions, [f.ref for f in series.frames])
    (companion,) = [c for c in found if c.path.name == "liver.dcm"]
    raw = pydicom.dcmread(folder / "liver.dcm")
    by_source = {
        g.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID: n
        for n, g in enumerate(raw.PerFrameFunctionalGroupsSequence)
    }
    for image in series.frames:
        content, masks = masks_on(archive, companion, series, image)
        assert [s.label for s in content.segments] == ["Liver"]
        expected = raw.pixel_array[by_source[image.instance.sop_instance_uid]]
        assert np.array_equal(masks[1] > 0.5, expected > 0)
        liver = archive.decode(image).pixels[masks[1] > 0.5]
        assert 40 < np.median(liver) < 140  # HU of liver: it lies on the liver and not beside it


def test_overlapping_segments_are_all_kept(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    result = open_paths(dicom_data / "C_conformance/seg/liver_3slice")
    ((_, series),) = result.series()
    (companion,) = [c for c in result.companions if c.path.name == "partial_overlaps.dcm"]
    numbers: set[int] = set()
    overlap = False
    for image in series.frames:
        content, masks = masks_on(archive, companion, series, image)
        numbers |= set(masks)
        overlap |= bool(masks) and bool((np.sum(list(masks.values()), axis=0) > 1).any())
    assert numbers == {1, 2, 3, 4, 5}
    assert overlap
    assert [s.label for s in content.segments][:2] == ["GREEN", "ORANGE"]
    red, green, blue = content.segments[0].colour or (0, 0, 0)
    assert green > red
    assert green > blue


def test_geometry_places_what_names_no_image(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    """Without its references the liver falls on the same pixels by position alone; the one with
    cut borders (510 x 510) too."""
    from dataclasses import replace

    result = open_paths(dicom_data / "C_conformance/seg/liver_3slice")
    ((_, series),) = result.series()
    (companion,) = [c for c in result.companions if c.path.name == "liver.dcm"]
    content = archive.read_content(companion)
    assert isinstance(content, Segmentation)
    unnamed = replace(content, frames=tuple(replace(f, sources=()) for f in content.frames))
    for image in series.frames:
        assert unnamed.frames_on(image) == tuple(
            replace(f, sources=()) for f in content.frames_on(image)
        )
    cut = dicom_data / "C_conformance/seg/liver_nonbyte_aligned.dcm"
    (other,) = companions(open_paths, cut)
    for image in series.frames:
        _, masks = masks_on(archive, companion, series, image)
        _, smaller = masks_on(archive, other, series, image)
        both = (masks[1] > 0.5) & (smaller[1] > 0.5)
        assert both.sum() / (masks[1] > 0.5).sum() > 0.99


@pytest.mark.parametrize("name", ["sparse-labelmap-noppv.dcm", "sparse-labelmap-ppv5.dcm"])
def test_a_label_map_gives_its_segments(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, name: str
) -> None:
    folder = dicom_data / "C_conformance/seg"
    result = open_paths(folder / "24x38x3", folder / "liver_3slice" / name)
    series = next(s for _, s in result.series() if s.spacing is not None)
    (companion,) = [c for c in result.companions if c.path.name == name]
    found = {}
    for number, image in enumerate(series.frames):
        _, masks = masks_on(archive, companion, series, image)
        found[number] = {k: int(v.sum()) for k, v in masks.items()}
    assert set(found[0]) == {1}
    raw = pydicom.dcmread(folder / "liver_3slice" / name).pixel_array
    assert sum(f.get(1, 0) for f in found.values()) == int((raw == 1).sum())


@pytest.mark.filterwarnings("ignore:The string:UserWarning")  # the images' own names
def test_fractions_stay_fractions(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, tmp_path: Path
) -> None:
    """Recipe: highdicom writes a fractional segmentation of three slices of a liver CT."""
    import highdicom as hd
    from pydicom.sr.codedict import codes

    folder = dicom_data / "C_conformance/seg/liver_3slice"
    images = [pydicom.dcmread(folder / f"0{n}.dcm") for n in (1, 2, 3)]
    for dataset in images:
        dataset.SpecificCharacterSet = "ISO_IR 100"  # theirs is empty, which highdicom refuses
    shares = np.zeros((3, 512, 512), np.float32)
    shares[1, 100:200, 150:250] = 0.5
    description = hd.seg.SegmentDescription(
        1, "Lesion", codes.SCT.MorphologicallyAbnormalStructure, codes.SCT.Mass,
        hd.seg.SegmentAlgorithmTypeValues.MANUAL,
    )  # fmt: skip
    segmentation = hd.seg.Segmentation(
        images, shares, hd.seg.SegmentationTypeValues.FRACTIONAL, [description], hd.UID(), 5,
        hd.UID(), 1, "none", "none", "1", "1",
        fractional_type=hd.seg.SegmentationFractionalTypeValues.PROBABILITY,
        max_fractional_value=200,
    )  # fmt: skip
    segmentation.save_as(tmp_path / "fractions.dcm")
    result = open_paths(*(folder / f"0{n}.dcm" for n in (1, 2, 3)), tmp_path / "fractions.dcm")
    ((_, series),) = result.series()
    (companion,) = of_kind(result.companions, CompanionKind.SEGMENTATION)
    image = next(f for f in series.frames if f.ref.sop_uid == images[1].SOPInstanceUID)
    content, masks = masks_on(archive, companion, series, image)
    assert content.notes == ("Its values are probabilities.",)
    assert masks[1][150, 200] == pytest.approx(0.5)
    assert int((masks[1] > 0).sum()) == 10_000


# --- documents ---------------------------------------------------------------------------------


def test_a_measurement_report_reads_as_a_tree(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    report = document(archive, open_paths, dicom_data / "C_conformance/sr/sr_document.dcm")
    assert report.title == "Imaging Measurement Report"
    lines = report.plain_text().splitlines()
    assert "Status: partial, unverified" in lines
    assert "        Finding: Spinal cord" in lines
    assert "        Area of defined region: 1.7 cm2" in lines


def test_hundreds_of_references_are_one_line(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    report = document(archive, open_paths, dicom_data / "C_conformance/sr/sr.dcm")
    text = report.plain_text()
    assert re.search(r"Image: \d{2,3} objects", text)
    assert "        Modality: Positron emission tomography" in text.splitlines()


def test_every_report_of_the_set_says_something(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    result = open_paths(dicom_data / "C_conformance/sr")
    reports = of_kind(result.companions, CompanionKind.REPORT)
    assert len(reports) == 15
    for companion in reports:
        content = archive.read_content(companion)
        assert isinstance(content, Document)
        assert len(content.lines) >= 2, companion.path.name
        assert "\x1b" not in content.plain_text()


def test_verified_reports_name_who_verified_them(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    report = document(archive, open_paths, dicom_data / "C_conformance/sr/test_SR.dcm")
    labels = [(line.label, line.text) for line in report.lines[:2]]
    assert labels[0] == ("Status", "complete, verified")
    assert labels[1] == ("Verified by", "Riesmeier, Jörg, 2001-02-13")


def test_a_pdf_is_read_by_page(archive: DicomArchive, open_paths: Opener, dicom_data: Path) -> None:
    pytest.importorskip("pypdf", reason="without pypdf the document is offered for export")
    found = document(archive, open_paths, dicom_data / "C_conformance/docs/sample-pdf.dcm")
    assert found.media_type == "application/pdf"
    assert found.content.startswith(b"%PDF")
    assert found.lines[0].label == "Page 1"
    assert "Lorem ipsum dolor sit amet" in found.lines[0].text


def document_file(path: Path, media_type: str, content: bytes) -> Path:
    dataset = Dataset()
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.104.2"
    dataset.SOPInstanceUID, dataset.StudyInstanceUID = "1.2.3.4", "1.2.3"
    dataset.SeriesInstanceUID, dataset.Modality = "1.2.3.5", "DOC"
    dataset.MIMETypeOfEncapsulatedDocument = media_type
    dataset.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    dataset.EncapsulatedDocumentLength = len(content)
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return path


def test_a_cda_document_gives_its_words_and_a_swelling_one_none(
    archive: DicomArchive, open_paths: Opener, tmp_path: Path
) -> None:
    words = "<ClinicalDocument><title>Befund</title><p>Kein Erguß.</p></ClinicalDocument>"
    good = document_file(tmp_path / "good.dcm", "text/XML", words.encode())
    found = document(archive, open_paths, good)
    assert [line.text for line in found.lines] == ["Befund", "Kein Erguß."]
    laughs = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>'
    bad = document_file(tmp_path / "bad.dcm", "text/XML", laughs)
    refused = document(archive, open_paths, bad)
    assert refused.lines == ()
    assert "cannot be read here" in refused.notes[0]


def test_a_broken_pdf_is_offered_for_export(
    archive: DicomArchive, open_paths: Opener, tmp_path: Path
) -> None:
    path = document_file(tmp_path / "pdf.dcm", "application/pdf", b"%PDF-1.7 nothing more")
    found = document(archive, open_paths, path)
    assert found.lines == ()
    assert "Export the document" in found.notes[0]
    assert found.content == b"%PDF-1.7 nothing more"


def test_a_companion_that_vanished_is_told(
    archive: DicomArchive, open_paths: Opener, tmp_path: Path
) -> None:
    path = document_file(tmp_path / "pdf.dcm", "application/pdf", b"%PDF-1.7")
    (companion,) = companions(open_paths, path)
    path.unlink()
    with pytest.raises(InputFault, match="cannot be read"):
        archive.read_content(companion)
