"""What an operator sets, in the environment or in `repos.env`: read once, checked, without secrets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The settings of a project; a variable of the environment wins over the file, and empty means not set.

    `allowed` are addresses, or domains as `@example.com`, that may be mailed outside production. `notices` are what
    must be said of the file.
    """

    ses_region: str = ""
    ses_from_address: str = ""
    ses_to_address: str = ""
    ses_reply_to: str = ""
    ses_bcc_address: str = ""
    ses_configuration_set: str = ""
    ses_fallback_region: str = ""
    ses_allowed: tuple[str, ...] = ()
    operator_address: str = ""
    site_url: str = ""
    signing_secret: str = ""
    send_rate: float = 1.0
    environment: str = "development"
    ledger_table: str = ""
    ledger_days: int = 730
    recipients_table: str = ""
    notices: tuple[str, ...] = ()
