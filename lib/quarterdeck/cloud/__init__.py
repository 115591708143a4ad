"""The same package in a Lambda function: who may ask, what is done, and how it gets there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Handler = Callable[[Any, Any], Any]
"""What AWS Lambda calls with an event and a context."""


def mount(foreign: Handler) -> Handler:
    """A handler that answers what is Quarterdeck's and leaves every other event to the foreign one."""
    from . import handler

    return handler.mount(foreign)
