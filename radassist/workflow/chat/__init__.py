"""The chat: edits by instruction, and questions about the report.

Plain commands are parsed by rules in milliseconds (``grammar``, ``facts``), the rest goes to the
language model in two stages (``routing``, ``rewriting``); whatever it answers passes rules before
it becomes an operation, and nothing is applied before the radiologist has seen it.
"""

from radassist.workflow.chat.batch import run_batch
from radassist.workflow.chat.conversation import Chat, ChatTurn, turn_to_json

__all__ = ["Chat", "ChatTurn", "run_batch", "turn_to_json"]
