"""The reader on sentences as radiologists write them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radassist.domain.findings import Laterality, Presence
from radassist.domain.reading import (
    Mention,
    presence_at,
    read,
    sentence_spans,
    split_sentences,
)
from radassist.library.lexicon import load_lexicon
from radassist.library.templates import load_templates

LEXICON = load_lexicon()
NEGEX = Path(__file__).parents[3] / "shared/data/text/negation/negex_rsAnnotations-1-120.tsv"

P, A, U, H = Presence.PRESENT, Presence.ABSENT, Presence.UNCERTAIN, Presence.HISTORICAL


def stated(text: str) -> dict[str, Mention]:
    return {m.concept: m for m in read(text, LEXICON).findings()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No pneumothorax or pleural effusion.", {"pneumothorax": A, "pleural-effusion": A}),
        ("No effusion, stable cardiomegaly.", {"pleural-effusion": A, "cardiomegaly": P}),
        ("Pneumothorax is not seen.", {"pneumothorax": A}),
        ("No pneumothorax; small pleural effusion.", {"pneumothorax": A, "pleural-effusion": P}),
        ("No edema, but there is a nodule.", {"nodule": P}),
        ("No change in the right pneumothorax.", {"pneumothorax": P}),
        ("Not only effusion but consolidation.", {"pleural-effusion": P, "consolidation": P}),
        ("No increase in the pleural effusion.", {"pleural-effusion": P}),
        ("Cardiomegaly without heart failure.", {"cardiomegaly": P, "heart-failure": A}),
        ("Possible left lower lobe pneumonia.", {"pneumonia": U}),
        ("Opacity may represent atelectasis.", {"opacity": P, "atelectasis": U}),
        ("Pneumonia cannot be excluded.", {"pneumonia": U}),
        ("Rule out pneumonia.", {"pneumonia": U}),
        ("History of pneumonia.", {"pneumonia": H}),
        ("The pleural effusion has resolved.", {"pleural-effusion": A}),
        ("Heart size is normal.", {"cardiomegaly": A}),
        ("The heart is not enlarged.", {"cardiomegaly": A}),
        ("The heart is mildly enlarged.", {"cardiomegaly": P}),
        ("The lungs are clear.", {"lung-opacity": A}),
        ("The lungs are not clear.", {"lung-opacity": U}),
        ("No intracranial haemorrhage.", {"intracranial-haemorrhage": A}),
        ("Acute subdural hematoma.", {"subdural-haematoma": P}),
        ("The kidneys show no hydronephrosis.", {"hydronephrosis": A}),
        ("The gallbladder is thin-walled, without stones.", {"gallstones": A}),
        ("Normal caliber appendix.", {"appendicitis": A}),
        (
            "The study is negative for acute fracture or dislocation.",
            {"fracture": A, "dislocation": A},
        ),
        ("Atelectasis rather than pneumonia.", {"atelectasis": P, "pneumonia": A}),
        ("Rather than pneumonia, this represents atelectasis.", {"pneumonia": A, "atelectasis": P}),
        (
            "Opacity is favored to represent atelectasis.",
            {"opacity": P, "atelectasis": U},
        ),
        (
            "Status post lobectomy with volume loss.",
            {"surgical-clips": H, "volume-loss": P},
        ),
        (
            "Interval resolution of the pneumonia with residual scarring.",
            {"pneumonia": A, "scarring": P},
        ),
        ("No further follow-up is needed for the 3 mm nodule.", {"nodule": P}),
        (
            "Gallbladder contains stones without wall thickening or pericholecystic fluid.",
            {"gallstones": P, "thickening": A, "cholecystitis": A},
        ),
        (
            "Blunting of the costophrenic angle may represent scar or effusion.",
            {"costophrenic-blunting": P, "scarring": U, "pleural-effusion": U},
        ),
        ("An enhancing mass is seen.", {"mass": P}),
        ("Left parietal mass with edema.", {"mass": P, "brain-edema": P}),
        ("Bibasilar opacities from edema.", {"pulmonary-edema": P}),
        ("Bone marrow edema of the knee.", {"marrow-edema": P}),
        ("The right ovary contains a simple cyst of 3.1 cm.", {"ovarian-lesion": P}),
        ("The liver shows no focal lesion.", {"liver-lesion": A}),
        ("Findings may reflect edema versus infection.", {"pneumonia": U}),
    ],
)
def test_assertion(text: str, expected: dict[str, Presence]) -> None:
    found = stated(text)
    assert {c: found[c].presence for c in expected if c in found} == expected


@pytest.mark.parametrize(
    ("text", "concept", "side"),
    [
        ("Small left pleural effusion.", "pleural-effusion", Laterality.LEFT),
        ("Pleural effusion on the right.", "pleural-effusion", Laterality.RIGHT),
        ("Bilateral effusions, right greater than left.", "pleural-effusion", Laterality.BILATERAL),
        ("RLL consolidation.", "consolidation", Laterality.RIGHT),
        ("Opacity at the left lung base.", "opacity", Laterality.LEFT),
        ("Right middle lobe nodule.", "nodule", Laterality.RIGHT),
        ("Nodule in the lingula.", "nodule", Laterality.LEFT),
        ("Bibasilar atelectasis.", "atelectasis", Laterality.BILATERAL),
        ("Left ventricular hypertrophy with effusion.", "pleural-effusion", Laterality.NONE),
        ("The patient left before a nodule was seen.", "nodule", Laterality.NONE),
        ("Nodules in both lungs.", "nodule", Laterality.BILATERAL),
        ("Right IJ catheter without pneumothorax.", "pneumothorax", Laterality.NONE),
    ],
)
def test_side(text: str, concept: str, side: Laterality) -> None:
    assert stated(text)[concept].laterality is side


def test_two_findings_keep_their_own_sides() -> None:
    found = stated("Small left pleural effusion with right basilar atelectasis.")
    assert found["pleural-effusion"].laterality is Laterality.LEFT
    assert found["atelectasis"].laterality is Laterality.RIGHT
    assert found["atelectasis"].location == ("lung-base",)


@pytest.mark.parametrize(
    ("text", "concept", "location"),
    [
        ("8 mm nodule in the right upper lobe.", "nodule", ("upper-lobe",)),
        ("In the left lung base, there is an opacity.", "opacity", ("lung-base",)),
        ("Cardiomegaly is unchanged, and there is no pulmonary edema.", "cardiomegaly", ()),
        (
            "Heart and mediastinum are stable, with left retrocardiac opacity.",
            "opacity",
            ("retrocardiac",),
        ),
        ("Pacemaker with leads in the right ventricle.", "pacemaker", ("heart",)),
        ("Right IJ catheter ends in the SVC without pneumothorax.", "pneumothorax", ()),
    ],
)
def test_location(text: str, concept: str, location: tuple[str, ...]) -> None:
    assert stated(text)[concept].location == location


@pytest.mark.parametrize(
    ("text", "concept", "sizes"),
    [
        ("A 7 mm nodule has grown from 5 mm.", "nodule", [("7 mm", ""), ("5 mm", "previous")]),
        ("Nodule measures 8 mm; mass measures 2.4 cm.", "nodule", [("8 mm", "")]),
        ("Nodule measures 8 mm; mass measures 2.4 cm.", "mass", [("2.4 cm", "")]),
        ("An 8 mm nodule and a 2 cm mass.", "mass", [("2 cm", "")]),
        ("The previously noted 6 mm nodule is gone.", "nodule", [("6 mm", "previous")]),
        ("Endotracheal tube 4 cm above the carina.", "endotracheal-tube", [("4 cm", "distance")]),
        ("No nodule larger than 4 mm.", "nodule", [("4 mm", "limit")]),
        ("A nodule measuring up to 8 mm.", "nodule", [("8 mm", "")]),
    ],
)
def test_a_size_belongs_to_its_finding(
    text: str, concept: str, sizes: list[tuple[str, str]]
) -> None:
    assert [(q.text, q.role) for q in stated(text)[concept].sizes] == sizes


def test_what_a_relative_has_is_marked() -> None:
    found = stated("Family history of breast cancer.")["breast-mass"]
    assert (found.presence, found.qualifiers) == (H, ("family",))


def test_overlapping_phrases_are_both_read() -> None:
    found = stated("The aorta is tortuous and calcified.")
    assert {"aortic-tortuosity", "aortic-calcification"} <= set(found)


@pytest.mark.parametrize(
    ("text", "dims", "unit"),
    [
        ("a 2 x 3 x 4 cm mass", (2.0, 3.0, 4.0), "cm"),
        ("an 8-mm nodule", (8.0,), "mm"),
        ("measures 1.5cm", (1.5,), "cm"),
        ("6 to 8 mm", (6.0, 8.0), "mm"),
        ("9 mm x 1.2 cm", (0.9, 1.2), "cm"),
        ("12 millimetres", (12.0,), "mm"),
        ("cardiothoracic ratio of 0.54", (0.54,), "1"),
        ("35 HU", (35.0,), "[hnsf'U]"),
    ],
)
def test_quantities(text: str, dims: tuple[float, ...], unit: str) -> None:
    (q,) = read(text, LEXICON).quantities
    assert (tuple(sorted(q.dims)), q.unit) == (tuple(sorted(dims)), unit)
    assert text[q.start : q.end] == q.text


def test_millimetres_make_units_comparable() -> None:
    (one,) = read("0.8 cm", LEXICON).quantities
    (two,) = read("8 mm", LEXICON).quantities
    assert one.millimetres == two.millimetres == (8.0,)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("Unchanged small left pleural effusion.", "unchanged"),
        ("New right lower lobe consolidation.", "new"),
        ("The nodule has increased in size.", "increased"),
        ("Interval decrease in the pleural effusion.", "decreased"),
    ],
)
def test_change(text: str, change: str) -> None:
    reading = read(text, LEXICON)
    assert reading.findings()[0].change == change
    assert reading.comparisons


@pytest.mark.parametrize(
    "text",
    [
        "Increased opacity at the left base.",
        "Increased density of the bone.",
        "The patient is hemodynamically stable.",
        "Treated in New York.",
        "New onset seizure.",
        "No prior study available for comparison.",
        "Prior granulomatous disease.",
        "The heart is normal in size.",
        "Severe emphysema, worse in the upper lobes.",
        "A fracture remains possible.",
    ],
)
def test_no_comparison_is_heard(text: str) -> None:
    assert read(text, LEXICON).comparisons == ()


def test_dates_and_recommendation() -> None:
    reading = read(
        "Compared with CT of March 4, 2020 and 02/03/2019, follow-up CT is advised.", LEXICON
    )
    assert [date for date, _, _ in reading.dates] == ["20200304", "20190203"]
    assert reading.recommendation
    assert reading.recommendations == ((0, len(reading.text)),)
    denied = read("No follow-up is recommended. Consider MRI.", LEXICON)
    assert [denied.text[s:e] for s, e in denied.recommendations] == ["Consider MRI."]


def test_small_is_no_severity_where_it_says_something_else() -> None:
    assert stated("Small bowel obstruction.")["bowel-obstruction"].severity == ""
    assert stated("Liver lesion, too small to characterize.")["liver-lesion"].severity == ""
    assert stated("Small pneumothorax.")["pneumothorax"].severity == "mild"


def test_certainty_severity_and_qualifiers() -> None:
    found = stated("Probable moderate pulmonary edema. No large pleural effusion.")
    assert found["pulmonary-edema"].certainty == "probable"
    assert found["pulmonary-edema"].severity == "moderate"
    assert "large" in found["pleural-effusion"].qualifiers


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Dr. Smith was called at 3 p.m. on Monday. No effusion.", 2),
        ("A 1.5 cm nodule. Follow up.", 2),
        ("See series no. 2, e.g. image 45.", 1),
        ("1. Effusion. 2. Nodule.", 2),
        ("Dated 4.3.2020 in the afternoon.", 1),
        ("There is a 1.5 cm. nodule in the right upper lobe.", 1),
        ("CT of the chest with i.v. contrast, 5 mm. slices.", 1),
        ("Opacity in the L. lower lobe. No effusion.", 2),
        ("The nodule measures 8 mm. No effusion.", 2),
        ("the nodule measures 8 mm. no effusion.", 2),
        ("Nodules of 8 mm. 3 others are smaller.", 2),
        ("First line\n\nSecond line", 2),
        ("", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert len(split_sentences(text)) == count


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_and_no_character_is_lost(text: str) -> None:
    spans = sentence_spans(text)
    outside = [c for i, c in enumerate(text) if not any(s <= i < e for s, e in spans)]
    assert all(c.isspace() for c in outside)
    reading = read(text, LEXICON)
    assert all(text[m.start : m.end] == m.text for m in reading.mentions)


def test_hostile_text_is_bounded() -> None:
    reading = read("no " * 20_000 + "effusion " * 5_000, LEXICON)
    assert reading.mentions


def test_negation_on_public_sentences() -> None:
    """NegEx's annotated sentences: negation F1 stays above the target on the reporting half."""
    if not NEGEX.exists():
        pytest.skip("the NegEx sentences of ../shared are not on this machine")
    tp = fp = fn = 0
    with NEGEX.open(encoding="utf-8", errors="replace", newline="") as handle:
        for row in csv.reader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
            if len(row) < 4 or not row[0].isdigit() or int(row[0]) % 2 == 0:
                continue
            sentence, phrase = " ".join(row[2].split()), " ".join(row[1].split())
            at = sentence.lower().find(phrase.lower())
            if at < 0:
                continue
            absent = presence_at(sentence, at, at + len(phrase), LEXICON) is Presence.ABSENT
            gold = row[3] == "Negated"
            tp, fp, fn = (
                tp + (absent and gold),
                fp + (absent and not gold),
                fn + (gold and not absent),
            )
    assert tp > 200
    assert 2 * tp / (2 * tp + fp + fn) >= 0.95


@pytest.mark.parametrize(
    "text",
    [
        "Non-displaced fracture of the distal radius.",
        "Non-compressible right popliteal vein containing echogenic thrombus.",
        "Non-calcified nodule in the left lung.",
        "Non-occlusive thrombus in the portal vein.",
    ],
)
def test_non_before_a_quality_denies_the_quality_and_not_the_finding(text: str) -> None:
    (finding,) = read(text, LEXICON).findings()
    assert finding.presence is Presence.PRESENT


def test_what_the_templates_deny_is_read_as_what_they_cover() -> None:
    """The program's own normal sentences: each denies something that it covers, nothing else."""
    unread = []
    for template in load_templates():
        for sentence in template.findings:
            if not sentence.covers:
                continue
            denied = {
                m.concept
                for m in read(sentence.text, LEXICON).findings()
                if m.presence is Presence.ABSENT
            }
            if not any(
                LEXICON.ancestors(one) & LEXICON.ancestors(other)
                for one in denied
                for other in sentence.covers
            ):
                unread.append((sentence.text, sorted(denied)))
    assert unread == []


@pytest.mark.parametrize(
    "text",
    ["No enlarged mediastinal, hilar or axillary lymph nodes.",
     "There are no pathologically enlarged retroperitoneal, mesenteric or pelvic lymph nodes."],
)  # fmt: skip
def test_stations_between_enlarged_and_nodes(text: str) -> None:
    assert [(m.concept, m.presence) for m in read(text, LEXICON).findings()] == [
        ("lymphadenopathy", Presence.ABSENT)
    ]


def test_an_enlarged_heart_is_no_enlarged_node() -> None:
    found = read("The heart is enlarged and there are no lymph nodes of note.", LEXICON).findings()
    assert ("lymphadenopathy", Presence.PRESENT) not in [(m.concept, m.presence) for m in found]
