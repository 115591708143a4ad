"""`python -m quarterdeck` is the command `quarterdeck`."""

import sys

from .cli import main

sys.exit(main())
