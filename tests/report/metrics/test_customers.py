"""The customers' subledger against sums done by hand."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import ACCOUNTS, ENTITIES, Row, entry
from quarterdeck.model.period import Period
from quarterdeck.report.metrics import customers

MARCH, LAST = Period.parse("2026-03"), date(2026, 3, 31)


def booking(name: str, price: float, deposit: float, ends: str, **more: str) -> Row:
    """A service of entity A; its deposit came in January unless told otherwise."""
    return {"booking": name, "entity": "a", "customer": f"C{name}", "price": price, "deposit": deposit, "ends_on": ends,
            "deposit_on": "2026-01-05", "balance_on": "", "cancelled_on": "", **more}  # fmt: skip


BOOKINGS = [
    booking("1", 100, 40, "2026-03-31"),
    booking("2", 100, 40, "2026-02-28", balance_on="2026-03-31"),
    booking("3", 100, 40, "2026-02-28", balance_on="2026-04-01"),
    booking("4", 100, 40, "2026-04-01"),
    booking("5", 100, 40, "2026-01-30", cancelled_on="2026-01-20"),
    booking("6", 70, 0, "2025-12-31", deposit_on=""),
]
LEDGER = [
    *entry("1", "2026-03-31", told={"booking": "1", "counterparty": "C1"}, due=60, sales=-60),
    *entry("3", "2026-02-28", told={"booking": "3"}, due=55, sales=-55),
    *entry("6", "2025-12-31", told={"booking": "6"}, due=70, sales=-70),
    *entry("job", "2026-01-29", "b", told={"booking": "J1", "counterparty": "Jo"}, due=90, sales=-90),
    *entry("part", "2026-02-01", "b", told={"booking": "J1", "counterparty": "Jo"}, due=-20, bank=20),
    *entry("late", "2026-04-01", "b", told={"booking": "J1", "counterparty": "Jo"}, due=-70, bank=70),
    *entry("old", "2026-01-02", "b", due=5, sales=-5),
]
INVOICES = [
    {"invoice": "I1", "client": "k", "issued_on": "2026-01-30", "due_on": "2026-02-15", "amount": 30},
    {"invoice": "I2", "client": "k", "issued_on": "2026-04-01", "due_on": "2026-04-15", "amount": 99},
]
TABLES = {
    "accounts": ACCOUNTS, "entities": ENTITIES, "bookings": BOOKINGS, "ledger": LEDGER, "invoices": INVOICES,
    "payments": [], "clients": [{"client": "k", "entity": "b", "name": "Kay"}],
}  # fmt: skip


def test_each_open_balance_stands_with_age_and_what_the_ledger_holds(make_data):
    """Unpaid rests, an invoice that nobody posted, and a job that only the ledger knows; what comes later is open."""
    items = customers.open_items(make_data(**TABLES), LAST).set_index("document")
    assert items.index.tolist() == ["6", "", "J1", "I1", "3", "1"], "the oldest first"
    assert items["owed"].to_dict() == {"6": 70, "": 5, "J1": 70, "I1": 30, "3": 60, "1": 60}
    assert items["difference"].to_dict() == {"6": 0, "": 0, "J1": 0, "I1": -30, "3": -5, "1": 0}
    assert items["days"].to_dict() == {"6": 90, "": 88, "J1": 61, "I1": 60, "3": 31, "1": 0}
    assert items["bucket"].tolist() == ["61–90", "61–90", "61–90", "31–60", "31–60", "0–30"]
    assert items["customer"].fillna("").to_dict() == {"6": "C6", "": "", "J1": "Jo", "I1": "Kay", "3": "C3", "1": "C1"}


def test_what_the_ledger_holds_of_a_booking_that_is_paid_is_a_difference(make_data):
    """Booking 2 was paid on the last day, yet 60 stands on the account."""
    more = entry("2", "2026-02-28", told={"booking": "2"}, due=60, sales=-60)
    items = customers.open_items(make_data(**TABLES | {"ledger": [*LEDGER, *more]}), LAST).set_index("document")
    assert items.loc["2", ["owed", "ledger", "difference"]].tolist() == [0, 60, 60]


def test_entities_stand_with_their_ages_and_the_facts_re_sum(make_data):
    """190 of A, 105 of B; the ledger lacks 35."""
    data = make_data(**TABLES)
    table = customers.subledger(data, LAST)
    assert table.columns.tolist() == ["entity", *customers.AGES, "owed", "ledger", "difference"]
    assert table.to_numpy().tolist() == [["A & Co", 60, 60, 70, 0, 190, 185, -5], ["B", 0, 30, 75, 0, 105, 75, -30]]
    owed, apart = customers.owed_by_customers(data, MARCH), customers.receivables_difference(data, MARCH)
    assert owed.value == 295 == owed.rows["contribution"].sum()
    assert apart.value == -35 == apart.rows["contribution"].sum()


@given(st.permutations(BOOKINGS), st.permutations(LEDGER))
def test_the_order_of_rows_changes_nothing(make_data, bookings, ledger):
    """The same balances whichever row comes first."""
    items = customers.open_items(make_data(trusted=True, **TABLES | {"bookings": bookings, "ledger": ledger}), LAST)
    assert items["document"].tolist() == ["6", "", "J1", "I1", "3", "1"] and items["owed"].sum() == 295
    assert items["customer"].tolist()[2:] == ["Jo", "Kay", "C3", "C1"]


@pytest.mark.parametrize("tables", [{}, {"accounts": ACCOUNTS, "ledger": LEDGER[:0], "bookings": []}])
def test_nothing_owed_is_an_empty_table_and_nothing_recorded_not_known(make_data, tables):
    """Columns stay; a fact without a ledger is not known."""
    data = make_data(**tables)
    assert not len(customers.open_items(data, LAST)) and "owed" in customers.open_items(data, LAST)
    assert not len(customers.subledger(data, LAST)) and "difference" in customers.subledger(data, LAST)
    assert customers.owed_by_customers(data, MARCH).note == "no ledger entry by then"
    assert customers.receivables_difference(data, MARCH).value is None
