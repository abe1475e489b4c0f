"""Entry of every radassist process that a person starts: the guard first, then the command."""

from radassist import offline

offline.install()

import multiprocessing  # noqa: E402 - nothing may be imported before the guard stands
import sys  # noqa: E402


def main() -> int:
    """The ``radassist`` command."""
    multiprocessing.freeze_support()
    from radassist.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
