"""Keys of machines in a text, by the shapes that detect-secrets knows: nobody is told their value."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_SHORTEST = 12


def hide_keys(text: str) -> str:
    """A text with `(a key)` for each word in which a key stands."""
    if len(text) < _SHORTEST:
        return text
    for found in {value for detector in _detectors() for value in detector.analyze_string(text)}:
        text = re.sub(rf"\S*{re.escape(found)}\S*", "(a key)", text)
    return text


@cache
def _detectors() -> tuple[Any, ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin
    from detect_secrets.plugins.ip_public import IPPublicDetector

    # Of prose these would take half the words.
    vague = (HighEntropyStringsPlugin, IPPublicDetector)
    return tuple(it() for it in get_mapping_from_secret_type_to_class().values() if not issubclass(it, vague))
