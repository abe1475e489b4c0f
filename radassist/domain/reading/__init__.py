"""The deterministic reader of report English.

``read`` turns a sentence into mentions with assertion, side, place, change, certainty and severity,
quantities, dates and comparison words; ``split_sentences`` parts a paragraph.
"""

from radassist.domain.reading.lexicon import Concept, Lexicon, Word, build
from radassist.domain.reading.model import Mention, Quantity, Reading
from radassist.domain.reading.reader import presence_at, read
from radassist.domain.reading.tokens import sentence_spans, split_sentences

__all__ = [
    "Concept",
    "Lexicon",
    "Mention",
    "Quantity",
    "Reading",
    "Word",
    "build",
    "presence_at",
    "read",
    "sentence_spans",
    "split_sentences",
]
