"""Texts that a file tells only to the holder of a key."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.errors import QuarterdeckError
from ..model.files import put_once
from .aws import INSTALL

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Seal:
    """Closes texts and opens them, with a key in a file of its own that is made when first needed.

    Raises QuarterdeckError without the package that does it.
    """

    def __init__(self, key_path: Path) -> None:
        self._path = key_path
        try:
            from cryptography import fernet
        except ModuleNotFoundError as err:
            raise QuarterdeckError("the ledger", "lacks a package", INSTALL) from err
        self._library = fernet

    @cached_property
    def _fernet(self) -> Fernet:
        return self._library.Fernet(self._path.read_bytes())

    def close(self, text: str) -> str:
        """A text that tells nothing, empty if it was; raises QuarterdeckError for a key that cannot be used."""
        try:
            put_once(self._path, self._library.Fernet.generate_key)
            return self._fernet.encrypt(text.encode()).decode() if text else ""
        except (OSError, ValueError) as err:
            remedy = "Restore it, or move it away: then a new one is made, and what the old one sealed stays unread"
            raise QuarterdeckError(str(self._path), f"is no key that can be used: {err}", remedy) from err

    def open(self, sealed: str) -> str:
        """The text; empty when the key is lost or another's."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode() if sealed else ""
        except (OSError, ValueError, self._library.InvalidToken):
            return ""
