"""Packages that others import long before anybody needs them."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def put_off(module: str, function: str) -> None:
    """Let a module be imported only when its one function is first called; nothing where it is imported or absent."""
    if module in sys.modules or find_spec(module) is None:
        return

    def late(*args: Any, **kwargs: Any) -> Any:
        if sys.modules.get(module) is stand_in:
            del sys.modules[module]
        return getattr(import_module(module), function)(*args, **kwargs)

    stand_in = ModuleType(module)
    setattr(stand_in, function, late)
    sys.modules[module] = stand_in


def put_off_grammars() -> None:
    """Spare every start the 1.6 s in which jsonschema has grammars built for a format that no notebook uses.

    nbformat imports jsonschema, and so do papermill, nbconvert and Plotly.
    """
    put_off("rfc3987_syntax", "is_valid_syntax")
