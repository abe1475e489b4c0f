"""The glossary: a term for what the lexicon knows, explained in words that are easy to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from radassist.domain.findings import Presence
from radassist.domain.glossary import SLOT, plain_lexicon, without_article
from radassist.domain.readability import readability
from radassist.domain.reading import read
from radassist.errors import InputFault
from radassist.library.glossary import load_glossary, read_glossary
from radassist.library.lexicon import load_lexicon


def test_it_covers_the_lexicon() -> None:
    glossary, lexicon = load_glossary(), load_lexicon()
    known = [c for c in lexicon.concepts.values() if c.kind in ("finding", "device", "anatomy")]
    missing = [c.id for c in known if glossary.get(c.id) is None]
    assert len(missing) <= 0.05 * len(known), missing
    assert not [c for c in glossary.terms if lexicon.get(c) is None]
    assert len(glossary.terms) + len(glossary.modifiers) >= 250


def test_every_term_is_explained_and_easy() -> None:
    for term in load_glossary().terms.values():
        assert term.explain.endswith("."), term.concept
        assert readability(term.explain).grade <= 9.0, term.explain
        assert term.grade in ("", "amount", "size", "degree", "adverb"), term.concept


def test_body_parts_that_a_term_implies_are_known() -> None:
    lexicon = load_lexicon()
    for term in load_glossary().terms.values():
        for place in term.implies:
            concept = lexicon.get(place)
            assert concept is not None and concept.kind == "anatomy", (term.concept, place)


def test_the_plain_reader_reads_each_term_back() -> None:
    glossary = load_glossary()
    reader = plain_lexicon(glossary, load_lexicon())
    for term in glossary.terms.values():
        if term.kind == "place":
            continue
        plain = SLOT.sub(lambda found: f"the left {found.group(1)}", term.plain)
        there = read(f"There is {plain}.", reader).findings()
        assert any(m.concept == term.concept and m.presence is Presence.PRESENT for m in there), (
            term.concept
        )
        maybe = read(f"There may be {plain}.", reader).findings()
        assert all(m.presence is Presence.UNCERTAIN for m in maybe), term.concept
        gone = read(f"There is no {without_article(plain)}.", reader).findings()
        assert gone and all(m.presence is Presence.ABSENT for m in gone), term.concept


def test_a_concept_that_stands_twice_is_a_fault(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(
            'version = 1\n[finding]\nmass = { plain = "a lump" }\n', encoding="utf-8"
        )
    with pytest.raises(InputFault, match="stands twice"):
        read_glossary(tmp_path)
