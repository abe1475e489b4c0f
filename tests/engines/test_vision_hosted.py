"""The vision pack behind its host: header gate by name, a real radiograph to a finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from radassist.dicom.archive import DicomArchive
from radassist.domain.study import Series
from radassist.engines.packs import open_registry
from radassist.engines.vision.hosted import HostedCxrAnatomy
from radassist.errors import EngineFault
from radassist.library.samples import sample_path
from radassist.ports import Archive, CancelToken
from radassist.workflow.see import see_study


class Never:
    def cancelled(self) -> bool:
        return False


def quiet(_fraction: float, _text: str) -> None:
    return


@pytest.fixture
def pack() -> Iterator[HostedCxrAnatomy]:
    found = open_registry().find("cxr-anatomy")
    model = HostedCxrAnatomy(found.folder, found.ref, threads=1)
    yield model
    model.close()


@pytest.fixture
def archive() -> Iterator[DicomArchive]:
    with DicomArchive(workers=1) as opened:
        yield opened


@pytest.mark.parametrize(
    ("modality", "part", "view", "refusal"),
    [
        ("CT", "HEAD", "", "no vision pack for CT HEAD"),
        ("CT", "", "", "no vision pack for CT"),
        ("CR", "HAND", "PA", "no vision pack for CR HAND"),
        ("DX", "CHEST", "LL", "no vision pack for DX CHEST, view LL"),
        ("MG", "BREAST", "MLO", "no vision pack for MG BREAST"),
        ("CR", "CHEST", "PA", ""),
        ("DX", "THORAX", "AP", ""),
        ("CR", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_the_header_is_refused_by_name(
    pack: HostedCxrAnatomy, modality: str, part: str, view: str, refusal: str
) -> None:
    assert pack.refuse(Series("1", (), modality=modality, body_part=part, view=view)) == refusal


def test_animals_and_localizers_are_refused(pack: HostedCxrAnatomy) -> None:
    dog = Series("1", (), modality="DX", body_part="CHEST", view="PA", species="CANINE")
    assert pack.refuse(dog) == "no vision pack for animals (CANINE)"
    scout = Series("1", (), modality="CR", body_part="CHEST", is_localizer=True)
    assert "localizer" in pack.refuse(scout)


def test_a_real_radiograph_gives_a_ratio_with_its_lines(
    pack: HostedCxrAnatomy, archive: DicomArchive
) -> None:
    result = archive.open([sample_path()], quiet, Never())
    port: Archive = archive
    cancel: CancelToken = Never()
    seen = see_study(port, [pack], result.studies[0], quiet, cancel)
    (item,) = seen.seen
    assert item.result.refusal == ""
    (finding,) = item.result.findings
    measurement = finding.measurement
    assert measurement is not None
    assert 0.40 < measurement.value < 0.60
    assert measurement.half_width_95 is not None
    frame = item.frame.instance
    assert item.result.mask is not None
    assert item.result.mask.shape == (frame.rows, frame.columns)
    assert [n for n, _ in item.result.labels] == [1, 2, 3]
    heart = sum(abs(c.x1 - c.x0) for c in measurement.calipers if c.name == "heart")
    chest = sum(abs(c.x1 - c.x0) for c in measurement.calipers if c.name == "chest")
    assert heart / chest == pytest.approx(measurement.value, abs=0.01)
    heart_columns = np.nonzero((item.result.mask == 3).any(axis=0))[0]
    edges = [x for c in measurement.calipers if c.name == "heart" for x in (c.x0, c.x1)]
    assert abs(min(edges) - heart_columns.min()) <= 1.5
    assert abs(max(edges) - heart_columns.max()) <= 1.5


@pytest.mark.parametrize(
    ("letters", "mirror", "sided", "told"),
    [
        (("R", "L", "H", "F"), False, "right lung", ""),
        (("", "", "", ""), False, "right lung", "the header states no side"),
        (("L", "R", "H", "F"), True, "left lung", "stored mirrored"),
        (("R", "L", "H", "F"), True, "", "no side may be asserted"),
        (("", "", "", ""), True, "", "no side may be asserted"),
        (("L", "R", "H", "F"), False, "", "no side may be asserted"),
    ],
)
def test_a_side_is_named_only_where_header_and_heart_agree(
    pack: HostedCxrAnatomy,
    archive: DicomArchive,
    letters: tuple[str, str, str, str],
    mirror: bool,
    sided: str,
    told: str,
) -> None:
    series = archive.open([sample_path()], quiet, Never()).studies[0].series[0]
    image = archive.decode(series.frames[0])
    if mirror:
        image = replace(image, pixels=np.ascontiguousarray(image.pixels[:, ::-1]))
    result = pack.analyse(image, replace(series, orientation=letters))
    assert result.refusal == ""
    name = dict(result.labels)[1]
    assert name == (sided or "lung on the image's left")
    assert [w for w in result.warnings if told in w] if told else not result.warnings


def test_a_head_ct_is_not_decoded_and_refused_by_name(
    pack: HostedCxrAnatomy, archive: DicomArchive
) -> None:
    result = archive.open([sample_path("693_J2KR.dcm")], quiet, Never())
    seen = see_study(archive, [pack], result.studies[0], quiet, Never())
    assert seen.refusals == ["no vision pack for CT"]
    assert seen.decoded == {}


def test_a_crash_of_the_pack_is_a_refusal_and_the_next_image_works(
    archive: DicomArchive,
) -> None:
    found = open_registry().find("cxr-anatomy")
    broken = HostedCxrAnatomy(found.folder / "missing", found.ref, threads=1)
    result = archive.open([sample_path()], quiet, Never())
    try:
        seen = see_study(archive, [broken], result.studies[0], quiet, Never())
        assert seen.seen[0].result.refusal.startswith("pack failed: ")
        series = result.studies[0].series[0]
        decoded = archive.decode(series.frames[0])
        with pytest.raises(EngineFault):
            broken.analyse(replace(decoded), series)
    finally:
        broken.close()
