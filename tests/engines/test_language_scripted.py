"""The scripted model answers from its script and records what it was asked."""

from __future__ import annotations

from radassist.engines.language.scripted import ScriptedLanguageModel


def test_a_mapping_is_looked_up_with_the_last_message() -> None:
    model = ScriptedLanguageModel({"Shorten it.": '{"text": "Short."}'})
    assert model.complete([("system", "x"), ("user", "Shorten it.")]).text == '{"text": "Short."}'
    assert model.complete([("user", "Else")], schema={"type": "string"}).text == '""'
    assert model.asked[0][-1] == ("user", "Shorten it.")
