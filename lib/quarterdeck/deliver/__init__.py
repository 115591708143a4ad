"""From a report to a message: compose its digest, lay it out as HTML and text, draw its charts, write the mail file."""

from .compose import compose, digest_figures
from .layout import self_contained, to_html
from .message import to_message, write_digest
from .pictures import Browser
from .plain import to_text

__all__ = ["Browser", "compose", "digest_figures", "self_contained", "to_html", "to_message", "to_text", "write_digest"]
