"""The frozen program: the command on every system, on Windows also the window without a console."""

import sys

from radassist.__main__ import main

sys.exit(main())
