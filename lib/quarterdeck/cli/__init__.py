"""The command line: the only place that prints and sets exit codes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from ..model.errors import QuarterdeckError
from .verbs import BAD_INPUT, INTERRUPTED, make_parser, one_line, say

# isort: off
from . import reports, mail, people, cloud  # noqa: F401  # each brings its verbs, and `--help` has this order

# isort: on


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns 0, 1 (a report failed), 2 (bad input) or 130 (interrupted)."""
    options = make_parser().parse_args(arguments)
    try:
        code = options.verb(options)
        sys.stdout.flush()
        return code or 0
    except QuarterdeckError as err:
        say(one_line(err))
        return BAD_INPUT
    except BrokenPipeError:  # who reads, `head` for example, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as err:
        place = f" ({err.filename})" if err.filename else ""
        remedy = ". Free some space and run it again" if err.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        say(f"quarterdeck: {err.strerror or err}{place}{remedy}.")
        return BAD_INPUT
    except KeyboardInterrupt:
        say("\nquarterdeck: interrupted; what was done before stays.")
        return INTERRUPTED
