"""FOCUS exports (FinOps Open Cost and Usage Specification, from 1.0): any cloud's cost by service and day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

from ..model.errors import QuarterdeckError
from .config import Clients
from .costs import Priced, by_service_and_day
from .owned import always
from .reading import READ_BUCKET, Found, Place, found, records

tables, actions, resources = always("cloud_costs"), always(*READ_BUCKET), Place.arns
_DAY, _SERVICE, _COST, _CURRENCY = _COLUMNS = ("ChargePeriodStart", "ServiceName", "BilledCost", "BillingCurrency")


class Config(Place, Priced):
    """Files of one export, CSV, gzip or Parquet; a charge counts once, on the day on which its period begins."""


def rows(config: Config, clients: Clients, root: Path, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """A row for each service and day that was billed or credited something."""
    files = found(config, clients, root)
    yield from by_service_and_day((charge for file in files for charge in _charges(config, file)), config.rate)


def _check(file: Found, header: Iterable[str]) -> None:
    if lacking := [name for name in _COLUMNS if name not in header]:
        raise file.bad("", f"lacks {', '.join(lacking)}", "Export FOCUS 1.0 or later with at least these columns")


def _charges(config: Config, file: Found) -> Iterator[tuple[str, str, Decimal]]:
    for number, record in records(file, partial(_check, file), "parquet" if ".parquet" in file.name else "csv"):
        row = {name: "" if (it := record[name]) is None else str(it) for name in _COLUMNS}
        where = f"{file.name}, row {number}"
        config.check_currency(row[_CURRENCY], f"{where}, column {_CURRENCY}")
        try:
            on, amount = date.fromisoformat(row[_DAY][:10]).isoformat(), Decimal(row[_COST])
        except (ValueError, InvalidOperation) as err:
            problem = f"found {row[_DAY][:40]!r} and {row[_COST][:40]!r}"
            raise QuarterdeckError(where, problem, f"Expected a day in {_DAY} and an amount in {_COST}") from err
        if not abs(amount) < 10**15:
            raise QuarterdeckError(where, f"found {row[_COST][:40]!r}", f"Expected an amount in {_COST}")
        yield on, row[_SERVICE] or "(none named)", amount
