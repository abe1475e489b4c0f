"""Chat templates: any model's own Jinja template, rendered in a sandbox without a clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from radassist.errors import PackFault

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
#: Longer than any prompt that fits into a model: a template that writes more is broken.
MAX_CHARACTERS = 1 << 20
#: What templates that ask for today's date get: the same prompt must give the same answer.
_DATE = datetime(2024, 7, 26, tzinfo=UTC)
#: Marks that some families write as plain text, next to the control tokens of the vocabulary.
_MARKS = ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<|", "|>", "</")

Message = tuple[str, str]


class ChatTemplate:
    """Renders messages; knows which roles the template takes.

    :param source: Jinja; "" stands for ChatML.
    :param control: texts of the vocabulary's control tokens, which no message may contain.
    :raises PackFault: it is no template.
    """

    def __init__(self, source: str, bos: str, eos: str, control: Sequence[str] = ()) -> None:
        import jinja2
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        class Formatter(Jinja2ChatFormatter):
            """llama-cpp-python's (jinja2's immutable sandbox), but without a clock."""

            @staticmethod
            def strftime_now(f: str) -> str:
                return _DATE.strftime(f)

        self._errors = (jinja2.TemplateError, TypeError, ArithmeticError, LookupError,
                        AttributeError, MemoryError, RecursionError)  # fmt: skip
        marks = {*_MARKS, *(text for text in control if len(text) > 1)}
        self._marks = re.compile("|".join(re.escape(m) for m in sorted(marks, key=len)[::-1]))
        try:
            self._formatter = Formatter(template=source or CHATML, eos_token=eos, bos_token=bos)
        except self._errors as error:
            raise _unusable(type(error).__name__) from error

    def render(self, messages: Sequence[Message]) -> tuple[str, list[int]]:
        """(prompt, the place in it where each message but the last ends).

        A template that refuses or leaves out the system message gets it before the first message
        of the user.  A place is left out where the template has changed the message.

        :raises PackFault: the template fails, or leaves out what it is given.
        """
        plain = [(role, self.harmless(text)) for role, text in messages]
        text = self._written(plain)
        ends = _ends(text, plain) if text is not None else None
        if ends is None and any(role == "system" for role, _ in plain):
            plain = _without_system(plain)
            text = self._written(plain)
            ends = _ends(text, plain) if text is not None else None
        if text is None or ends is None:
            raise _unusable("it refuses or leaves out a message")
        return text, ends

    def harmless(self, text: str) -> str:
        """Text in which nothing reads as a control token ("<|im_end|>", "[INST]")."""
        text = text.replace("\x00", "")
        # Taking a mark apart can leave another one ("<<SYS>>" in "< <SYS>>"), so look again.
        for _ in range(4):
            text, found = self._marks.subn(lambda m: f"{m[0][0]} {m[0][1:]}", text)
            if not found:
                break
        return text

    def _written(self, messages: Sequence[Message]) -> str | None:
        """The rendered prompt; None where the template raises an exception of its own."""
        given: Any = [{"role": role, "content": text} for role, text in messages]
        try:
            text = str(self._formatter(messages=given).prompt)
        except ValueError:  # what raise_exception of a template becomes
            return None
        except self._errors as error:
            raise _unusable(type(error).__name__) from error
        if len(text) > MAX_CHARACTERS:
            raise _unusable("it writes more than any model reads")
        return text


def _without_system(messages: Sequence[Message]) -> list[Message]:
    system = "\n\n".join(text for role, text in messages if role == "system")
    others = [m for m in messages if m[0] != "system"]
    if not others:
        return [("user", system)]
    return [(others[0][0], f"{system}\n\n{others[0][1]}"), *others[1:]]


def _ends(text: str, messages: Sequence[Message]) -> list[int] | None:
    """Where the messages but the last end; None when one of them is not in the text."""
    at, ends = 0, []
    for _, message in messages:
        wanted = message.strip()
        found = text.find(wanted, at)
        if found < 0:
            return None
        at = found + len(wanted)
        ends.append(at)
    return [end for end in ends[:-1] if end > 0]


def _unusable(why: str) -> PackFault:
    return PackFault(
        f"The chat template of the language pack cannot be used ({why}).",
        "Choose another model file, or tell its maker.",
    )


def any_to_text(value: Any) -> str:
    """A token's text as llama.cpp gives it."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
