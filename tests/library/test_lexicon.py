"""The shipped lexicon and the faults of a damaged one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from radassist.domain.reading import Concept, Word, build, read
from radassist.domain.reading.lexicon import expand
from radassist.errors import InputFault
from radassist.library import resources_dir
from radassist.library.lexicon import load_lexicon, read_lexicon


def test_the_lexicon_holds_what_templates_cover() -> None:
    lexicon = load_lexicon()
    covered = set()
    for path in (resources_dir() / "templates").glob("*.toml"):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for sentence in data.get("findings", []):
            covered |= set(sentence.get("covers", []))
    assert covered
    assert covered <= set(lexicon.concepts)


def test_every_concept_can_be_named_and_is_found() -> None:
    lexicon = load_lexicon()
    silent = []
    for concept in lexicon.concepts.values():
        wording = next(
            (w for phrase in concept.synonyms for w in expand(phrase) if "~" not in " ".join(w)),
            None,
        )
        if wording is None:
            continue
        found = {m.concept for m in read(" ".join(wording), lexicon).mentions}
        if not any(lexicon.related(concept.id, other) for other in found):
            silent.append(concept.id)
    assert silent == []


def test_sex_critical_and_ids() -> None:
    lexicon = load_lexicon()
    assert lexicon.concepts["prostate"].sex == "M"
    assert lexicon.concepts["ovary"].sex == "F"
    assert lexicon.concepts["pneumothorax"].critical
    assert lexicon.concepts["aortic-dissection"].urgency == "minutes"
    assert dict(lexicon.codes_of("pleural-effusion"))["RADELEMENT"] == "RDES254"
    assert lexicon.is_a("subdural-haematoma", "intracranial-haemorrhage")


def test_phrases_expand() -> None:
    assert set(expand("(a|b|) lung")) == {("a", "lung"), ("b", "lung"), ("lung",)}
    with pytest.raises(ValueError, match="unfinished"):
        expand("(a|b lung")


def test_contradictions_are_refused() -> None:
    one = Concept("x", "x", "finding", ("x",))
    with pytest.raises(ValueError, match="twice"):
        build([one, one], [])
    with pytest.raises(ValueError, match="unknown"):
        build([Concept("y", "y", "finding", ("y",), parents=("gone",))], [])


def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "chest.toml").write_text("version = 1\n[concept.x]\nsay = [", encoding="utf-8")
    with pytest.raises(InputFault, match=r"chest\.toml"):
        read_lexicon(tmp_path)
    with pytest.raises(InputFault, match="empty"):
        read_lexicon(tmp_path / "nowhere")


def test_words_of_two_groups_are_kept_apart() -> None:
    lexicon = build(
        [Concept("effusion", "effusion", "finding", ("effusion",))],
        [(Word("negation-before", "no"), ["no"]), (Word("side", "left"), ["left"])],
    )
    mention = read("No left effusion", lexicon).findings()[0]
    assert (mention.presence.value, mention.laterality.value) == ("absent", "left")
