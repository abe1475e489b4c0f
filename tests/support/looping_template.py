"""An engine for a host process whose chat template never ends."""

from __future__ import annotations

from typing import Any

from radassist.engines.language.templates import ChatTemplate
from radassist.host.process import JobContext

LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


class Engine:
    """``ready`` answers, ``render`` does not."""

    def handle(self, method: str, payload: Any, context: JobContext) -> str:
        if method == "ready":
            return "ready"
        return ChatTemplate(LOOP, "", "").render([("user", "Hello")])[0]


def create() -> Engine:
    """Factory for the host process."""
    return Engine()
