"""The digests as mail programs show them: on a phone, on a desk, light, dark, without pictures; and their text."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from pathlib import Path
from urllib.parse import quote

from .deliver.digest import copy_path, mails_in
from .deliver.proofread import proofread
from .model.delivery import Delivery, masked

LOOKS = ("light", "dark", "plain")
"""How a mail may be shown: by a bright client, by a dark one, by one that shows no pictures."""
_DARK = re.compile(r"@media \(prefers-color-scheme:\s?dark\)")
_PICTURE = re.compile(r'(<img\b[^>]*?) src="[^"]*"')
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 1200px; padding: 16px; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: 6px 8px; vertical-align: top; }
td { overflow-wrap: anywhere; }
tr { border-bottom: 1px solid #8886; } .warn { color: #c04a00; font-weight: 600; }
.frames { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start; }
figure { margin: 0; max-width: 100%; } figcaption { padding: 4px 0; color: #777; }
iframe { border: 1px solid #8886; height: 900px; max-width: 100%; background: #fff; }
pre { overflow: auto; border: 1px solid #8886; padding: 8px; max-width: 80ch; }
dt { font-weight: 600; } dd { margin: 0 0 6px; overflow-wrap: anywhere; }
"""


def inbox_page(outbox: Path) -> str:
    """Every mail, the newest period first: its subject and preheader, its size, and what is wrong with it."""
    rows = []
    for path in sorted(mails_in(outbox), key=lambda path: (_period(outbox, path), path.as_posix()), reverse=True):
        message, where = _read(path), path.relative_to(outbox).with_suffix("").as_posix()
        told = "; ".join(_warnings(path)) or "–"
        rows.append(
            f'<tr><td><a href="/outbox/{quote(where)}/">{escape(where)}</a></td><td>{escape(message["Subject"])}</td>'
            f"<td>{_size(path, message)}</td>"
            f'<td class="{"warn" if told != "–" else ""}">{escape(told)}</td></tr>'
        )
    table = f"<table><tr><th>mail</th><th>subject</th><th>size</th><th>warnings</th></tr>{''.join(rows)}</table>"
    return _page("Inbox", table if rows else "<p>No mail has been composed yet.</p>")


def mail_page(path: Path, outbox: Path, sent: Sequence[Delivery] = ()) -> str:
    """One mail whole: headers, warnings, every look, its text, and beside it what its readers were `sent` last."""
    message, address = _read(path), f"/outbox/{quote(path.relative_to(outbox).with_suffix('.html').as_posix())}"
    told_of = [*message.items(), ("Size", _size(path, message))]
    headers = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in told_of)
    told = "".join(f'<p class="warn">{escape(warning)}</p>' for warning in _warnings(path))
    looks = [("Phone", 375, "light"), ("Phone, dark", 375, "dark"), ("Phone, no pictures", 375, "plain")]
    looks += [("Desktop", 760, "light"), ("Desktop, dark", 760, "dark"), ("Desktop, no pictures", 760, "plain")]
    frames = [_frame(caption, width, f"{address}?look={look}") for caption, width, look in looks]
    rows = list[str]()
    for row in sent:
        copy, link = copy_path(outbox, row.key), escape(row.key.period)
        if kept := copy.is_file():
            place = f"/outbox/{quote(copy.relative_to(outbox).with_suffix('').as_posix())}"
            link = f'<a href="{place}/">{link}</a>'
        if kept and len(frames) == len(looks):
            caption = f"Last sent to {masked(row.address)} on {row.at[:10]}"
            frames.insert(1, _frame(caption, 375, f"{place}.html?look=light"))
        rows.append(
            f"<tr><td>{escape(masked(row.address))}</td><td>{row.at[:10]}</td>"
            f"<td>{link}{'' if kept else ' (the copy is no longer here)'}</td>"
            f"<td>{escape(row.variant)}</td><td>{escape(row.subject)}</td></tr>"
        )
    head = "<tr><th>reader</th><th>sent</th><th>period</th><th>variant</th><th>subject</th></tr>"
    text = message.get_body(("plain",))
    plain = text.get_content() if text else ""
    return _page(
        str(message["Subject"]),
        f'<p><a href="/outbox/">Inbox</a></p>{told}<dl>{headers}</dl><div class="frames">{"".join(frames)}</div>'
        + (f"<h2>Last sent</h2><table>{head}{''.join(rows)}</table>" if rows else "")
        + f"<h2>Text</h2><pre>{escape(plain)}</pre>",
    )


def shown(path: Path) -> str:
    """A mail's HTML with its pictures inside, as a browser shows it."""
    message = _read(path)
    html = message.get_body(("html",))
    text = html.get_content() if html else ""
    for part in message.walk():
        if name := (part["Content-ID"] or "").strip("<>"):
            data = base64.b64encode(part.get_content()).decode()
            text = text.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{data}")
    return str(text)


def _frame(caption: str, width: int, address: str) -> str:
    return (
        f'<figure><figcaption>{escape(caption)}</figcaption><iframe sandbox title="{escape(caption)}" '
        f'style="width:{width}px" src="{escape(address)}"></iframe></figure>'
    )


def looked_at(html: str, look: str) -> str:
    """A mail's HTML as a client with that look shows it; raises ValueError for one that is none of LOOKS."""
    if look not in LOOKS:
        raise ValueError(look)
    html = _DARK.sub("@media all" if look == "dark" else "@media not all", html)
    return _PICTURE.sub(r"\1", html) if look == "plain" else html


def _warnings(path: Path) -> list[str]:
    return [f"{check.found}: {check.remedy}" for check in proofread("", path.read_bytes())]


def _size(path: Path, message: EmailMessage) -> str:
    """A mail's size; that of its HTML is what mail programs limit."""
    html = message.get_body(("html",))
    shown = len(str(html.get_content()).encode()) if html else 0
    return f"{shown / 1000:.0f} KB of HTML, {path.stat().st_size / 1000:.0f} KB in all"


def _read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def _period(outbox: Path, path: Path) -> str:
    return path.relative_to(outbox).parts[0]


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
