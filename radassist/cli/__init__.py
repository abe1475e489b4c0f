"""The same use cases without a screen.  ``main`` is what the ``radassist`` command runs."""

from radassist.cli.main import main

__all__ = ["main"]
