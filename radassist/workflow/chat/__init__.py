"""The chat: edits by instruction, and questions about the report.

Plain commands are read by rules in milliseconds, the rest goes to the language model in two stages;
whatever it answers passes rules before it becomes an operation, and nothing is applied before the
radiologist has seen it.

==================  ==============================================================================
what was typed      ``spoken`` (courtesy, typing errors, clauses), ``spellings`` (abbreviations)
a question          ``questions``; ``asked`` (what for), ``about`` (of what), ``answering``
                    (verdicts, quotes), ``basis`` (why, AI, header), ``asking`` (the model)
what it asks for    ``commands`` (the kinds), ``grammar`` and ``grammar_*`` (one file a family),
                    ``facts`` and ``aligning`` (statements of fact, contrasts),
                    ``realigning`` (a part said anew)
which statements    ``targets`` (phrases), ``resolving`` (look-up), ``topics`` (regions), ``view``
what comes of it    ``execute``; ``deleting``, ``substituting``, ``describing``, ``fact_forms``,
                    ``assertions``, ``denials``, ``values``, ``attributes``
words of a sentence ``wording``, ``cutting``, ``shortening``
the rest of it      ``propagation``, ``other_side``, ``elsewhere``: the same fact or words in
                    another place, offered
the model           ``routing``, ``rewriting``, ``prompts``, ``guards``
one turn            ``conversation``, ``working``, ``lookup``, ``batch``
==================  ==============================================================================
"""

from radassist.workflow.chat.batch import run_batch
from radassist.workflow.chat.conversation import Chat, ChatTurn, turn_to_json

__all__ = ["Chat", "ChatTurn", "run_batch", "turn_to_json"]
