"""The readable part of an answer under way."""

from __future__ import annotations

import json

import pytest

from radassist.workflow.chat.streaming import readable, spoken


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("", ""),
        ('{"te', ""),
        ('{"text": "', ""),
        ('{"text": "Small left', "Small left"),
        ('{"text": "Small \\"left\\" one."}', 'Small "left" one.'),
        ('{"text": "A\\', "A"),
        ('{"text": "5 \\u00b', "5 "),
        ('{"text": "5 \\u00b5m', "5 µm"),
        ('{"action": "rewrite", "ids": ["s1"]}', ""),
        ('{"answer": "No.", "ids": ["s', "No."),
        ("No JSON at all", ""),
    ],
)
def test_half_an_answer_shows_its_text(written: str, shown: str) -> None:
    assert spoken(written) == shown


def test_every_half_of_an_answer_is_a_start_of_the_text() -> None:
    text = 'Nodule of 6 mm, "calcified"\\scar\n5 µm.'
    whole = json.dumps({"text": text})
    for end in range(len(whole) + 1):
        assert text.startswith(spoken(whole[:end]))
    assert spoken(whole) == text


def test_progress_keeps_its_fraction() -> None:
    told: list[tuple[float, str]] = []
    readable(lambda fraction, text: told.append((fraction, text)))(0.5, '{"text": "Small')
    assert told == [(0.5, "Small")]
