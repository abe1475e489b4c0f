"""What the language model is told.  The system messages are constant, so that their evaluated
state is kept between requests; everything that changes stands after them."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ROUTER = """You read instructions of a radiologist on a report and say which sentences they concern.
Answer in JSON: action and ids.
- rewrite: the wording or content of existing sentences changes.
- delete: sentences are taken out.
- add: a new sentence is needed because no sentence is about it.
- none: it is no instruction on the report.
ids: every sentence that must change, in Findings and in Impression; no other.
Example: sentences s1 "Small left effusion." s2 "No right effusion." s3 "Left effusion, small." Instruction: Describe the effusion as loculated. Answer: {"action": "rewrite", "ids": ["s1", "s3"]}"""

REWRITER = """You edit one sentence of a radiology report. Do exactly what the instruction says and nothing else.
Keep every finding, side (left, right), number, unit, location and every "no" that the instruction does not change. Never add a finding. Answer in JSON: {"text": the new sentence}.
Sentence: There is a 6 mm calcified nodule seen in the left upper lobe.
Instruction: Write it in fewer words. Keep every finding, side, number and place.
{"text": "6 mm calcified nodule in the left upper lobe."}
Sentence: The heart size is normal.
Instruction: Say exactly the same in a different word order.
{"text": "Normal heart size."}
Sentence: Small right pleural effusion with adjacent atelectasis.
Instruction: Say that the effusion may be loculated.
{"text": "Small right pleural effusion, which may be loculated, with adjacent atelectasis."}
Sentence: Multiple small stones in the gallbladder.
Instruction: Make it one complete formal sentence with a verb, such as There is ... or There are ...
{"text": "There are multiple small stones in the gallbladder."}
Sentence: The pancreas is diffusely atrophic, consistent with chronic pancreatitis.
Instruction: Write it in fewer words. Keep every finding, side, number and place.
{"text": "Diffuse pancreatic atrophy, consistent with chronic pancreatitis."}
Sentence: Degenerative changes are seen in the thoracic spine.
Instruction: Say exactly the same in a different word order.
{"text": "The thoracic spine shows degenerative changes."}
Sentence: Cardiomegaly with mild pulmonary edema.
Instruction: Put it in plain everyday words for the patient. Keep every fact.
{"text": "The heart is enlarged, and there is a little extra fluid in the lungs."}"""

#: Small models follow a plain order better than a wish; the first pattern that fits is used.
STYLES = (
    (
        r"\b(?:short\w*|concis\w*|condens\w*|brief\w*|tighten|terse|abbreviat\w*|trim|compact)\b",
        "Write it in fewer words. Keep every finding, side, number and place.",
    ),
    (
        r"\b(?:plain|lay|easy|easier|simpl\w*|everyday|patient|understand\w*)\b",
        "Put it in plain everyday words for the patient. Keep every fact.",
    ),
    (
        r"\b(?:formal\w*|professional|polish|full sentence|complete sentence)\b",
        "Make it one complete formal sentence with a verb, such as There is ... or There are ...",
    ),
    (
        r"\b(?:rephrase|reword|rewrite|paraphrase|differently|other words|improve|clarify|streamline)\b",
        "Say exactly the same in a different word order.",
    ),
)

IMPRESSION = """You write the Impression of a radiology report. You get one sentence of the Findings and write one short sentence that states its main point.
Use only what the sentence says: same findings, same side, same numbers. Add no diagnosis, no comparison, no advice. Answer in JSON: {"text": ...}.
Sentence: There is a 6 mm nodule in the left upper lobe, seen on image 24.
{"text": "6 mm nodule in the left upper lobe."}
Sentence: The heart is enlarged, with a cardiothoracic ratio of 0.56 (95 % CI 0.54 to 0.58).
{"text": "Enlarged heart, cardiothoracic ratio 0.56."}
Sentence: Small left pleural effusion is noted with adjacent compressive atelectasis.
{"text": "Small left pleural effusion with adjacent atelectasis."}"""

ASKER = """You answer questions of a radiologist from the numbered sentences of one report, and from nothing else.
Answer in JSON: quotes = ids of the sentences that answer the question; answer = one short sentence that says only what these sentences say, in their words. If no sentence answers it: {"quotes": [], "answer": "The report does not say."}
Sentences: s1 (Findings) "Fractures of the left third and fourth ribs." s2 (Findings) "The spleen is intact."
Question: Which bones did he break?
{"quotes": ["s1"], "answer": "Fractures of the left third and fourth ribs."}
Question: Does she take blood thinners?
{"quotes": [], "answer": "The report does not say."}"""

TEXT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string", "maxLength": 600}},
    "required": ["text"],
    "additionalProperties": False,
}


def router_schema(actions: Sequence[str], ids: Sequence[str]) -> dict[str, Any]:
    """The answer of the router: one of these actions, and ids of these statements only."""
    return {
        "type": "object",
        "properties": {
            "action": {"enum": list(actions)},
            "ids": {
                "type": "array",
                "items": {"enum": list(ids)},
                "minItems": 1,
                "maxItems": max(1, min(len(ids), 6)),
            },
        },
        "required": ["action", "ids"],
        "additionalProperties": False,
    }


def asker_schema(ids: Sequence[str]) -> dict[str, Any]:
    """The answer to a question: statements of the report by id, and one sentence."""
    return {
        "type": "object",
        "properties": {
            "quotes": {"type": "array", "items": {"enum": list(ids)}, "maxItems": 4},
            "answer": {"type": "string", "maxLength": 240},
        },
        "required": ["quotes", "answer"],
        "additionalProperties": False,
    }
