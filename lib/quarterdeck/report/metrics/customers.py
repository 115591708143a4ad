"""The customers' subledger: every open balance from its document, held against the ledger's receivables.

An open-item subledger (Horngren, Financial Accounting): its total must equal the control account in the ledger.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from ...model.period import Period
from ..data import Data, remembered
from ..measure import Measure
from .common import entity_names, postings
from .receivables import open_invoices

AGES = ("0–30", "31–60", "61–90", "90+")
KEYS = ["entity", "document"]


@remembered
def open_items(data: Data, day: date) -> pd.DataFrame:
    """What customers owe at a day's end, document by document, the oldest first.

    Columns entity, document, customer, since (service or invoice), days and bucket (age), owed, ledger and difference
    (ledger less owed). A booking owes its price, less what had arrived, once its service has ended; an invoice its
    balance. Of what has neither, such as a delivery, the ledger's lines are the only record.
    """
    lines = postings(data, "booking", "counterparty").rename(columns={"booking": "document"})
    lines = lines[(lines["role"] == "receivable") & (lines["date"] <= day.isoformat())].fillna({"document": ""})
    lines = lines.sort_values(["date", "line"])
    ledger = lines.groupby(KEYS).agg(
        ledger=("amount", "sum"), since=("date", "first"), customer=("counterparty", "first")
    )
    papers = pd.concat([_bookings(data, day), _invoices(data, day)], ignore_index=True).set_index(KEYS)
    known = {*data.table("bookings", ["booking"])["booking"], *data.table("invoices", ["invoice"])["invoice"]}
    rows = papers.combine_first(ledger).reset_index()
    rows["owed"] = rows["owed"].fillna(rows["ledger"].mask(rows["document"].isin(known), 0.0))
    rows["ledger"] = rows["ledger"].fillna(0.0).round(2)
    rows = rows.assign(difference=(rows["ledger"] - rows["owed"]).round(2), days=_age(rows["since"], day))
    bucket = pd.cut(rows["days"], [-float("inf"), 30, 60, 90, float("inf")], labels=list(AGES)).astype("str")
    rows = rows.assign(bucket=bucket)[(rows["owed"].round(2) != 0) | (rows["difference"] != 0)]
    columns = [*KEYS, "customer", "since", "days", "bucket", "owed", "ledger", "difference"]
    return rows.sort_values(["since", *KEYS], ignore_index=True)[columns]


def _age(since: pd.Series[pd.Timestamp], day: date) -> pd.Series[int]:
    return (pd.Timestamp(day) - pd.to_datetime(since)).dt.days


def _bookings(data: Data, day: date) -> pd.DataFrame:
    """Bookings whose service has ended, with what of the price had not arrived."""
    rows, today = data.table("bookings"), day.isoformat()
    rows = rows[rows["cancelled_on"].isna() & (rows["ends_on"] <= today)]
    deposit = rows["deposit"].where(rows["deposit_on"] <= today, 0.0)
    rest = (rows["price"] - rows["deposit"]).where(rows["balance_on"] <= today, 0.0)
    rows = rows.assign(owed=(rows["price"] - deposit - rest).round(2))
    rows = rows.rename(columns={"booking": "document", "ends_on": "since"})
    return rows.loc[rows["owed"] != 0, [*KEYS, "customer", "since", "owed"]]


def _invoices(data: Data, day: date) -> pd.DataFrame:
    """Invoices and credit notes with a balance."""
    clients = data.table("clients", ["client", "entity", "name"]).rename(columns={"name": "customer"})
    rows = open_invoices(data, day).merge(clients, on="client")
    rows = rows.rename(columns={"invoice": "document", "issued_on": "since", "balance": "owed"})
    return rows[[*KEYS, "customer", "since", "owed"]]


def subledger(data: Data, day: date) -> pd.DataFrame:
    """Open balances by entity: columns entity (name), one for each of AGES, owed, ledger and difference."""
    rows, names = open_items(data, day), entity_names(data)
    ages = rows.pivot_table(index="entity", columns="bucket", values="owed", aggfunc="sum", fill_value=0.0)
    sums = rows.groupby("entity")[["owed", "ledger", "difference"]].sum()
    table = ages.reindex(columns=list(AGES), fill_value=0.0).rename_axis(columns=None).join(sums).reset_index()
    table = table.sort_values(["owed", "entity"], ascending=[False, True], ignore_index=True)
    return table.assign(entity=table["entity"].map(names))


@remembered
def owed_by_customers(data: Data, period: Period) -> Measure:
    """What all customers owe at the period's end, from bookings, invoices and jobs, in money."""
    if not (data.table("ledger", ["date"])["date"] <= period.end.isoformat()).any():
        return Measure.unknown("no ledger entry by then")
    return Measure.total(open_items(data, period.end), "owed")


def receivables_difference(data: Data, period: Period) -> Measure:
    """The ledger's receivables less what the documents say is owed, in money; nothing else than zero is right."""
    owed = owed_by_customers(data, period)
    return owed if owed.rows is None else Measure.total(owed.rows, "difference")
