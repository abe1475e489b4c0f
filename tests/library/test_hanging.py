"""The shipped hanging protocols: readable, and right for the studies they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from radassist.domain.hanging import choose, fitting, hang, matching_prior
from radassist.domain.study import Frame, Instance, Series, Study
from radassist.errors import InputFault
from radassist.library.hanging import load_hanging, read_hanging
from radassist.viewer.presets import presets


def series(modality: str, part: str = "", count: int = 10, **facts: object) -> Series:
    uid = f"{modality}{part}{facts}"
    one = Frame(Instance(Path("x"), uid, "1", "1", uid, 1, 8, 8))
    known = {"spacing": (1.0, 1.0, 1.0), **facts}
    return Series(uid, (one,) * count, modality, part, **known)  # type: ignore[arg-type]


def study(*of: Series) -> Study:
    return Study("1.2", of)


def hung(current: Study, prior: Study | None = None) -> tuple[str, list[str]]:
    """(id of the protocol, what each pane shows)."""
    protocol = choose(load_hanging(), current, prior)
    assert protocol is not None
    return protocol.id, [
        item.series.series_instance_uid if item.series else "-"
        for item in hang(protocol, current, prior)
    ]


def test_every_shipped_protocol_is_well_formed() -> None:
    protocols = load_hanging()
    assert len({p.id for p in protocols}) == len(protocols) >= 8
    for protocol in protocols:
        for pane in protocol.panes:
            known = {p.name for m in protocol.modalities or ("CT",) for p in presets(m)}
            assert not pane.window or pane.window in known, protocol.id


def test_a_single_image_gets_the_whole_screen() -> None:
    assert hung(study(series("US", count=1)))[0] == "single"


def test_one_series_may_hang_in_two_windows() -> None:
    ct = series("CT", "CHEST")
    (protocol,) = [p for p in load_hanging() if p.id == "ct-chest"]
    assert protocol in fitting(load_hanging(), study(ct), None)
    panes = hang(protocol, study(ct), None)
    assert [(h.series, h.pane.window) for h in panes] == [(ct, "Mediastinum"), (ct, "Lung")]
    # It waits in the menu: a CT opens with the whole room for one stack.
    assert hung(study(ct))[0] == "single"


def test_the_prior_in_a_pane_is_the_one_like_its_neighbour() -> None:
    now = study(series("CT", "CHEST", plane="axial", description="lung"))
    lung = series("CT", "CHEST", 5, plane="axial", description="lung")
    before = study(series("CT", "CHEST", 90, plane="coronal", description="lung"),
                   series("CT", "HEAD", 80, plane="axial"), lung)  # fmt: skip
    assert hung(now, before)[1][1] == lung.series_instance_uid


def test_a_prior_comes_beside() -> None:
    now, before = series("CR", "CHEST", 1, view="PA"), series("CR", "CHEST", 1, view="AP")
    assert hung(study(now), study(before)) == (
        "radiograph-prior",
        [now.series_instance_uid, before.series_instance_uid],
    )


def test_frontal_left_and_lateral_right() -> None:
    frontal, lateral = (series("DX", "CHEST", 1, view=v) for v in ("PA", "LATERAL"))
    name, shown = hung(study(lateral, frontal))
    assert name == "radiograph-views"
    assert shown == [s.series_instance_uid for s in (frontal, lateral)]


def test_mammograms_hang_right_left_above_each_other() -> None:
    views = [series("MG", "BREAST", 1, view=v, laterality=side)
             for v in ("MLO", "CC") for side in ("L", "R")]  # fmt: skip
    mlo_l, mlo_r, cc_l, cc_r = (s.series_instance_uid for s in views)
    assert hung(study(*views)) == ("mammography", [cc_r, cc_l, mlo_r, mlo_l])


def test_no_series_is_hidden_while_a_pane_is_empty() -> None:
    axial = series("MR", "BRAIN", plane="axial")
    oblique = [series("MR", "BRAIN", plane="oblique", description=d) for d in ("T1", "T2", "DWI")]
    shown = hung(study(axial, *oblique))[1]
    assert sorted(shown) == sorted(s.series_instance_uid for s in (axial, *oblique))


def test_the_prior_that_is_alike_is_found() -> None:
    now = series("CT", "CHEST", plane="axial", description="Thorax lung 1 mm")
    soft = series("CT", "CHEST", 30, plane="axial", description="Thorax soft 5 mm")
    lung = series("CT", "CHEST", 20, plane="axial", description="Thorax lung 2 mm")
    others = (series("CT", "HEAD", plane="axial"), series("CT", "CHEST", plane="coronal"))
    assert matching_prior(now, study(soft, lung, *others)) is lung
    assert matching_prior(now, study(*others)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id = 'x'\ntitle = 'x'\nrows = 9\ncolumns = 1\n[[pane]]", "grid of 9 x 1"),
        ("id = 'x'\ntitle = 'x'\nrows = 1\ncolumns = 1", "0 panes"),
        ("id = 'x'\ntitle = 'x'\nrows = 1\ncolumns = 1\n[[pane]]\nplain = 'x'", "plain"),
        ("rows = 1", "no columns"),
        ("rows = ", "Invalid"),
    ],
)
def test_a_bad_protocol_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputFault, match=r"mine\.toml") as caught:
        read_hanging(path)
    assert said in str(caught.value)
