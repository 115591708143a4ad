"""Cost Explorer: the cloud's cost by service and day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import Field

from ..deliver.aws import asking
from ..model.errors import QuarterdeckError
from .config import Clients, Source
from .owned import always

_BY_SERVICE = [{"Type": "DIMENSION", "Key": "SERVICE"}]
_QUERY = {"Granularity": "DAILY", "Metrics": ["UnblendedCost"], "GroupBy": _BY_SERVICE}
tables, actions, resources = always("cloud_costs"), always("ce:GetCostAndUsage"), always("*")


class Priced(Source):
    """A source of costs that are in `currency`; `rate` is what one of it is in the company's."""

    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    rate: Decimal = Field(default=Decimal(1), gt=0)

    def check_currency(self, unit: str, where: str) -> None:
        """Raise QuarterdeckError for an amount in another currency."""
        if unit != self.currency:
            remedy = f"Set currency: {unit[:3] or 'USD'}, with the rate of the company's own"
            raise QuarterdeckError(where, f"is in {unit[:20]!r}, not in {self.currency}", remedy)


class Config(Priced):
    """Costs of the last `days` complete days; Cost Explorer keeps about 13 months."""

    days: int = Field(default=365, ge=1, le=365)


def rows(config: Config, clients: Clients, root: Path, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """A row for each service and day before `day` that cost or was credited something."""
    client = clients("ce", config.region or "us-east-1")
    period = {"Start": (day - timedelta(days=config.days)).isoformat(), "End": day.isoformat()}
    yield from by_service_and_day(_amounts(config, client, period), config.rate)


def _amounts(config: Config, client: Any, period: dict[str, str]) -> Iterator[tuple[str, str, Decimal]]:
    token: dict[str, str] = {}
    while True:  # the SDK has no paginator for it
        with asking("Cost Explorer", "Switch Cost Explorer on in the Billing console; its data come a day later"):
            page = client.get_cost_and_usage(TimePeriod=period, **_QUERY, **token)
        for result in page["ResultsByTime"]:
            for group in result["Groups"]:
                cost = group["Metrics"]["UnblendedCost"]
                config.check_currency(cost["Unit"], f"Cost Explorer, {group['Keys'][0]}")
                yield result["TimePeriod"]["Start"], group["Keys"][0], Decimal(cost["Amount"])
        if not page.get("NextPageToken"):
            return
        token = {"NextPageToken": page["NextPageToken"]}


def by_service_and_day(
    amounts: Iterable[tuple[str, str, Decimal]], rate: Decimal
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of `cloud_costs`, from days, services and amounts.

    Each amount has four decimals; what rounding takes is carried into the service's next day, so that totals hold.
    """
    sums: dict[tuple[str, str], Decimal] = {}
    for day, service, amount in amounts:
        sums[service, day] = sums.get((service, day), Decimal(0)) + amount * rate
    carried: dict[str, Decimal] = {}
    for (service, day), amount in sorted(sums.items()):
        exact = amount + carried.get(service, Decimal(0))
        told = exact.quantize(Decimal("0.0001"))
        carried[service] = exact - told
        if told:
            yield "cloud_costs", {"date": day, "service": service, "amount": f"{told:f}"}
