"""Billing, contracts and receivables against sums done by hand."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import receivables, rules

OCTOBER = Period.parse("2026-10")
TODAY = date(2026, 10, 31)
ENTITIES = [{"entity": "agency", "name": "Agency"}]


def client(name: str, **more: object) -> dict[str, object]:
    """A client since January."""
    return {"client": name, "entity": "agency", "name": name.upper(), "since": "2026-01-01", **more}


def contract(
    name: str, client: str, fee: float, starts: str = "2026-01-01", ends: str = "", signed: str = "2026-01-01"
):
    """A contract for one service."""
    return {"contract": name, "client": client, "service": "site", "starts_on": starts, "ends_on": ends,
            "signed_on": signed, "monthly_fee": fee}  # fmt: skip


def invoice(name: str, client: str, month: str, amount: float, issued: str, due: str) -> dict[str, object]:
    """An invoice or, below zero, a credit note."""
    return {"invoice": name, "client": client, "month": month, "amount": amount, "issued_on": issued, "due_on": due}


def payment(invoice: str, paid_on: str, amount: float) -> dict[str, object]:
    """Money received or, below zero, given back."""
    return {"payment": f"{invoice}-{paid_on}", "invoice": invoice, "paid_on": paid_on, "amount": amount}


CLIENTS = [client("ann"), client("ben"), client("cy"), client("dee", ended_on="2026-09-15")]
CONTRACTS = [
    contract("1", "ann", 100, ends="2026-10-15"),
    contract("2", "ann", 120, starts="2026-10-16"),
    contract("3", "ben", 80),
    contract("4", "dee", 50),
]
INVOICES = [
    invoice("a9", "ann", "2026-09", 100, "2026-09-30", "2026-10-14"),
    invoice("a10", "ann", "2026-10", 100, "2026-10-31", "2026-11-14"),
    invoice("b8", "ben", "2026-08", 80, "2026-07-20", "2026-08-01"),
    invoice("b8c", "ben", "2026-08", -20, "2026-09-01", "2026-10-31"),
    invoice("c10", "cy", "2026-10", 60, "2026-10-01", "2026-10-30"),
]
PAYMENTS = [
    payment("a9", "2026-10-10", 90),
    payment("c10", "2026-10-20", 60),
    payment("c10", "2026-10-21", -15),
    payment("a10", "2026-11-20", 100),
]


@pytest.fixture
def data(make_data):
    """Ann under two contracts in turn, Ben not billed since August, Cy without contract, Dee gone."""
    return make_data(
        as_of="2026-10-31",
        entities=ENTITIES,
        clients=CLIENTS,
        contracts=CONTRACTS,
        invoices=INVOICES,
        payments=PAYMENTS,
    )


def test_contracted_takes_the_later_contract_and_stops_when_a_client_leaves(data):
    """October: 120 and 80; September: 100, 80 and 50 for the client that left in its middle."""
    assert receivables.billed(data, OCTOBER, "contracted").value == 200
    assert receivables.billed(data, OCTOBER.previous(), "contracted").value == 230


def test_a_client_billed_beyond_its_contract_does_not_hide_one_that_was_not_billed(data):
    """Ann lacks 20 and Ben 80; Cy's 60 stand apart; contracted - gap + beyond = invoiced."""
    figures = {
        c: receivables.billed(data, OCTOBER, c).value for c in ("contracted", "invoiced", "collected", "gap", "beyond")
    }
    assert figures == {"contracted": 200, "invoiced": 160, "collected": 45, "gap": 100, "beyond": 60}


def test_fees_count_in_every_month_with_a_day_covered(make_data):
    """From the month of the first day to that of the last or of leaving; two services add up, of one the later counts.

    Rows name the contract; a leap February is a month as any other.
    """
    rows = [
        contract("1", "ann", 100, "2024-01-31", "2024-02-29"), contract("2", "ann", 120, "2024-02-29"),
        contract("4", "ann", 7, "2024-02-29"),
        {**contract("3", "ann", 9, "2024-02-01", "2024-02-01"), "service": "ads"},
        contract("5", "dee", 50, "2023-01-01"), contract("6", "cy", 5, "2024-03-01"),
    ]  # fmt: skip
    clients = [client("ann"), client("cy"), client("dee", ended_on="2024-02-01")]
    data = make_data(entities=ENTITIES, clients=clients, contracts=rows[::-1])
    expected = pd.DataFrame(
        [
            ("ann", "2024-01", "1", "site", 100), ("dee", "2024-01", "5", "site", 50),
            ("ann", "2024-02", "3", "ads", 9), ("ann", "2024-02", "4", "site", 7),
            ("dee", "2024-02", "5", "site", 50), ("ann", "2024-03", "4", "site", 7), ("cy", "2024-03", "6", "site", 5),
        ],
        columns=["client", "month", "contract", "service", "monthly_fee"],
    )  # fmt: skip
    made = receivables.contracted_rows(data, ["2024-01", "2024-02", "2024-03"])
    pd.testing.assert_frame_equal(made.reset_index(drop=True), expected, check_dtype=False)


MONEY = st.integers(-100, 450).map(lambda quarters: quarters / 4)
BILLS = st.tuples(st.sampled_from(["ann", "ben"]), st.integers(1, 4), MONEY, st.integers(0, 130), st.integers(0, 40))
RECEIPTS = st.tuples(st.integers(0, 6), st.integers(0, 150), MONEY)


@settings(max_examples=8)
@given(st.lists(BILLS, min_size=1, max_size=6), st.lists(RECEIPTS, max_size=6), st.sampled_from(["2024-03", "2024-Q1"]))
def test_billing_and_ageing_agree_with_sums_invoice_by_invoice(make_data, bills, receipts, name):
    """Credit notes and refunds included: contracted - gap + beyond = invoiced; buckets sum to receivables, as DSO does.

    Payments after the period do not count against what was owed then; the order of rows does not matter.
    """
    period, day = Period.parse(name), lambda n: (date(2024, 1, 1) + timedelta(days=n)).isoformat()
    invoices = [
        invoice(f"i{n}", client, f"2024-0{month}", amount, day(issued), day(issued + terms))
        for n, (client, month, amount, issued, terms) in enumerate(bills)
    ]
    payments = [
        {**payment(f"i{n % len(bills)}", day(paid), amount), "payment": f"p{number}"}
        for number, (n, paid, amount) in enumerate(receipts)
    ]
    contracts = [contract("1", "ann", 100, "2024-02-10"), contract("2", "ben", 40, "2020-01-01", "2024-03-01")]
    months = [f"2024-{month:02}" for month in range(period.start.month, period.end.month + 1)]
    fees = {("ann", "2024-02"): 100, ("ann", "2024-03"): 100} | {("ben", f"2024-0{n}"): 40 for n in (1, 2, 3)}
    billed = dict.fromkeys(("contracted", "invoiced", "collected", "gap", "beyond"), 0.0)
    for who in ("ann", "ben"):
        for month in months:
            mine = [row for row in invoices if (row["client"], row["month"]) == (who, month)]
            sent, fee = sum(row["amount"] for row in mine), fees.get((who, month), 0)
            names = {row["invoice"] for row in mine}
            billed["contracted"] += fee
            billed["invoiced"] += sent
            billed["collected"] += sum(row["amount"] for row in payments if row["invoice"] in names)
            billed["gap"] += max(fee - sent, 0)
            billed["beyond"] += max(sent - fee, 0)
    owed, end = dict.fromkeys(receivables.BUCKETS, 0.0), period.end.isoformat()
    for row in invoices:
        paid = sum(p["amount"] for p in payments if p["invoice"] == row["invoice"] and p["paid_on"] <= end)
        late = (period.end - date.fromisoformat(row["due_on"])).days
        if row["issued_on"] <= end:
            owed[receivables.BUCKETS[sum(late > limit for limit in (0, 30, 60, 90))]] += row["amount"] - paid
    sales = sum(row["amount"] for row in invoices if period.start.isoformat() <= row["issued_on"] <= end)
    first = min(row["month"] for row in invoices)
    random.Random(1).shuffle(invoices)
    data = make_data(trusted=True, entities=ENTITIES, clients=[client("ann"), client("ben")], contracts=contracts,
                     invoices=invoices, payments=payments[::-1])  # fmt: skip
    made = receivables.billing(data, period)
    assert made[list(billed)].sum().to_dict() == pytest.approx(billed)
    gap = receivables.billed(data, period, "gap").value
    assert gap == (pytest.approx(billed["gap"], abs=1e-6) if first <= months[-1] else None)
    ages = receivables.ageing(data, period)
    assert ages[list(receivables.BUCKETS)].sum().to_dict() == pytest.approx(owed, abs=1e-6)
    assert ages["total"].sum() == pytest.approx(sum(owed.values()), abs=1e-6)
    total, dso = receivables.receivables(data, period), receivables.dso(data, period)
    issued = any(row["issued_on"] <= end for row in invoices)
    assert total.value == (pytest.approx(sum(owed.values()), abs=1e-6) if issued else None)
    assert dso.value == (pytest.approx(sum(owed.values()) / sales * period.days, abs=1e-6) if sales > 0 else None)


def test_billing_is_in_order_and_a_credit_note_alone_is_beyond_nothing(make_data):
    """By client, then month; a month of credit lacks the fee and the credit; 0.1 + 0.2 is 0.3."""
    invoices = [
        invoice("1", "ben", "2026-10", 0.1, "2026-10-01", "2026-10-01"),
        invoice("2", "ben", "2026-10", 0.2, "2026-10-01", "2026-10-01"),
        invoice("3", "ann", "2026-10", -20, "2026-10-01", "2026-10-01"),
        invoice("4", "ann", "2026-09", 5, "2026-10-01", "2026-10-01"),
    ]
    rows = [contract("1", "ben", 0.3, "2026-10-01"), contract("2", "ann", 10, "2026-10-01"),
            contract("3", "cy", 0.5, "2026-10-01")]  # fmt: skip
    data = make_data(entities=ENTITIES, clients=CLIENTS, contracts=rows, invoices=invoices)
    expected = pd.DataFrame(
        [
            ("ann", "2026-09", 0, 5, 0, 0, 5), ("ann", "2026-10", 10, -20, 0, 30, 0),
            ("ben", "2026-10", 0.3, 0.3, 0, 0, 0), ("cy", "2026-10", 0.5, 0, 0, 0.5, 0),
        ],
        columns=["client", "month", "contracted", "invoiced", "collected", "gap", "beyond"],
    )  # fmt: skip
    made = receivables.billing(data, Period.parse("2026-Q4").previous())
    assert made.to_numpy().tolist() == expected.head(1).to_numpy().tolist()
    made = receivables.billing(data, Period(date(2026, 9, 1), OCTOBER.end, "2026-10"))
    pd.testing.assert_frame_equal(made, expected, check_dtype=False)
    assert receivables.unbilled(data, OCTOBER)["gap"].tolist() == [30, 0.5]


def test_less_than_half_a_cent_is_neither_a_gap_nor_owed(make_data):
    """A third of 100 billed and paid to the cent."""
    data = make_data(
        entities=ENTITIES,
        clients=CLIENTS,
        contracts=[contract("1", "ann", 33.333)],
        invoices=[invoice("i", "ann", "2026-10", 33.33, "2026-10-01", "2026-10-01"),
                  invoice("j", "ann", "2026-11", 33.333, "2026-10-01", "2026-10-01")],
        payments=[payment("i", "2026-10-02", 33.33), payment("j", "2026-10-02", 33.33)],
    )  # fmt: skip
    assert receivables.billed(data, OCTOBER, "gap").value == 0
    assert receivables.open_invoices(data, TODAY).empty


def test_figures_resum_from_their_rows(data):
    """The contributions of the rows make the value."""
    for column in ("contracted", "invoiced", "collected", "gap"):
        measure = receivables.billed(data, OCTOBER, column)
        assert measure.rows["contribution"].sum() == measure.value


def test_a_quarter_bills_three_months(data):
    """July, August and September at 230 each."""
    assert receivables.billed(data, Period.parse("2026-Q3"), "contracted").value == 690


def test_invoiced_before_the_first_invoice_is_not_known(data):
    """Nobody recorded invoices by then; the contracts are known."""
    july = Period.parse("2026-07")
    assert receivables.billed(data, july, "invoiced").note == "no invoice recorded by then"
    assert receivables.billed(data, july, "contracted").value == 230
    assert receivables.billed(data, Period.parse("2026-08"), "invoiced").value == 60


def test_a_client_under_contract_that_was_never_billed_has_a_gap(make_data):
    """Scoped to one client without an invoice the gap is the fee, not unknown."""
    data = make_data(
        entities=ENTITIES,
        clients=CLIENTS,
        contracts=CONTRACTS,
        invoices=INVOICES,
        payments=PAYMENTS,
        only={"clients": ["dee"]},
    )
    assert receivables.billed(data, Period.parse("2026-08"), "gap").value == 50


def test_balances_are_as_of_the_day_and_credit_notes_reduce_them(data):
    """A9 owes 10, A10 100 (paid later), B8 80, its credit note -20, C10 15 after a refund."""
    owed = receivables.open_invoices(data, TODAY).set_index("invoice")["balance"].to_dict()
    assert owed == {"a9": 10, "a10": 100, "b8": 80, "b8c": -20, "c10": 15}
    assert receivables.receivables(data, OCTOBER).value == 185
    assert receivables.receivables(data, Period.parse("2026-06")).note == "nothing billed yet"
    shown = receivables.open_invoices(data, TODAY)
    assert shown.index.tolist() == list(range(5))
    assert shown["paid"].tolist() == [90, 0, 0, 0, 45]
    assert list(shown) == ["invoice", "client", "month", "issued_on", "due_on", "amount", "paid", "days_overdue",
                           "balance", "bucket"]  # fmt: skip


def test_overdue_agrees_with_the_rule_that_limits_it(data):
    """What is past due on the last day is the same by the rules' definition: 10 + 80 + 15."""
    rows = receivables.open_invoices(data, TODAY)
    assert rows.loc[rows["days_overdue"] > 0, "balance"].sum() == 105 == rules.overdue(data, OCTOBER).value


@pytest.mark.parametrize(
    ("due", "bucket"),
    [
        ("2026-11-01", "current"), ("2026-10-31", "current"), ("2026-10-30", "1–30"), ("2026-10-01", "1–30"),
        ("2026-09-30", "31–60"), ("2026-09-01", "31–60"), ("2026-08-31", "61–90"), ("2026-08-02", "61–90"),
        ("2026-08-01", "90+"), ("2024-02-29", "90+"),
    ],
)  # fmt: skip
def test_buckets_end_where_their_name_says(make_data, due, bucket):
    """Days overdue at the end of the day: 0 is current, 30 the last of the first bucket, 90 the last of the third."""
    data = make_data(
        entities=ENTITIES, clients=[client("ann")], invoices=[invoice("i", "ann", "2024-01", 7, "2024-01-31", due)]
    )
    assert receivables.open_invoices(data, TODAY)["bucket"].tolist() == [bucket]
    assert receivables.ageing(data, OCTOBER)[[bucket, "total"]].to_numpy().tolist() == [[7, 7]]


def test_ageing_adds_up_to_receivables(data):
    """Buckets sum to the total and totals to the balance."""
    table = receivables.ageing(data, OCTOBER)
    assert table["total"].sum() == receivables.receivables(data, OCTOBER).value
    assert table[list(receivables.BUCKETS)].sum(axis=1).tolist() == table["total"].tolist()


def test_ageing_shows_who_owes_most_first(make_data):
    """Equals by name; a client that owes nothing has no row; the columns are the buckets in order."""
    rows = [
        invoice("1", "cy", "2026-10", 5, "2026-10-01", "2026-10-30"),
        invoice("2", "ben", "2026-10", 5, "2026-10-01", "2026-06-30"),
        invoice("3", "ann", "2026-10", 3, "2026-10-01", "2026-11-30"),
        invoice("4", "dee", "2026-10", 9, "2026-10-01", "2026-10-31"),
        invoice("5", "ann", "2026-10", 1, "2026-10-01", "2026-08-31"),
    ]
    data = make_data(entities=ENTITIES, invoices=rows, payments=[payment("4", "2026-10-31", 9)])
    expected = pd.DataFrame(
        [("ben", 0, 0, 0, 0, 5, 5), ("cy", 0, 5, 0, 0, 0, 5), ("ann", 3, 0, 0, 1, 0, 4)],
        columns=["client", *receivables.BUCKETS, "total"],
    )
    pd.testing.assert_frame_equal(receivables.ageing(data, OCTOBER), expected, check_dtype=False)


def test_dso_is_receivables_over_sales_of_the_period_times_its_days(data):
    """185 over 160 invoiced in October, times 31."""
    assert receivables.dso(data, OCTOBER).value == pytest.approx(185 / 160 * 31)


def test_rows_show_what_a_reader_needs_to_find_the_payment_and_the_invoice(data):
    """Who paid what and when for days to pay; what was owed and what was invoiced for days sales outstanding."""
    assert list(receivables.days_to_pay(data, OCTOBER).rows) == [
        "payment", "invoice", "paid_on", "amount", "client", "issued_on", "money_days", "contribution", "part",
    ]  # fmt: skip
    rows = receivables.dso(data, OCTOBER).rows
    sales = rows[rows["part"] == "denominator"].dropna(axis="columns", how="all")
    assert list(sales) == ["invoice", "client", "issued_on", "amount", "contribution", "part"]
    assert sales["invoice"].tolist() == ["a10", "c10"]


def test_dso_is_not_known_where_credit_notes_outweigh_the_sales(make_data):
    """Half a unit of sales is enough, more credit than sales is none; so is a month without an invoice."""
    rows = [
        invoice("1", "ann", "2026-10", 0.5, "2026-10-31", "2026-11-30"),
        invoice("2", "ann", "2026-09", 5, "2026-09-01", "2026-11-30"),
        invoice("3", "ann", "2026-09", -9, "2026-09-30", "2026-11-30"),
    ]
    data = make_data(entities=ENTITIES, invoices=rows)
    assert receivables.dso(data, OCTOBER).value == pytest.approx((0.5 + 5 - 9) / 0.5 * 31)
    for month in ("2026-08", "2026-09"):
        assert receivables.dso(data, Period.parse(month)).note == "nothing invoiced in the period"
    only = make_data(entities=ENTITIES, invoices=rows[2:])
    assert receivables.receivables(only, Period.parse("2026-09")).value == -9


def test_a_period_that_is_not_over_ages_to_the_day_of_the_data(make_data):
    """As of the 10th an invoice due on the 20th is current, whatever the end of the month."""
    rows = [invoice("1", "ann", "2026-10", 9, "2026-10-01", "2026-10-20")]
    for as_of, bucket in (("2026-10-10", "current"), ("", "1–30"), ("2026-12-31", "1–30")):
        data = make_data(as_of=as_of, entities=ENTITIES, clients=CLIENTS, invoices=rows)
        assert receivables.ageing(data, OCTOBER)[bucket].tolist() == [9]


def test_days_to_pay_weigh_by_amount_and_leave_refunds_out(data):
    """90 after 10 days and 60 after 19."""
    assert receivables.days_to_pay(data, OCTOBER).value == pytest.approx((90 * 10 + 60 * 19) / 150)
    assert receivables.days_to_pay(data, Period.parse("2026-06")).note == "no payment in the period"


def test_velocity_compares_three_periods_with_the_three_before(make_data):
    """Who takes longest first, equals by name; who paid in one half only has no change."""
    names = [f"{name}{n}" for name in ("ann", "ben", "cy", "dee") for n in (1, 2)]
    rows = [invoice(name, name[:-1], "2026-01", 9, "2026-01-01", "2026-01-01") for name in names]
    paid = [
        payment("dee1", "2026-10-31", 4), payment("dee1", "2026-08-01", 1), payment("dee2", "2026-07-31", 9),
        payment("ben1", "2026-09-30", 9), payment("ben2", "2026-05-01", 9), payment("cy1", "2026-04-30", 9),
        payment("ann1", "2026-05-01", 9), payment("cy2", "2026-09-30", 9),
    ]  # fmt: skip
    since = date(2026, 1, 1)
    late = (4 * (date(2026, 10, 31) - since).days + (date(2026, 8, 1) - since).days) / 5
    expected = pd.DataFrame(
        [("dee", late, 211, late - 211), ("ben", 272, 120, 152), ("cy", 272, None, None), ("ann", None, 120, None)],
        columns=["client", "now", "before", "change"],
    )
    made = receivables.velocity(make_data(entities=ENTITIES, invoices=rows, payments=paid), OCTOBER)
    pd.testing.assert_frame_equal(made, expected, check_dtype=False)


def test_money_recoverable_is_what_is_overdue_and_what_was_not_billed(data):
    """105 overdue; not billed since August: ann 100 + 0 + 20, ben 20 + 80 + 80, dee 50 + 50."""
    measure = receivables.money_recoverable(data, OCTOBER)
    assert measure.rows.groupby("why")["recoverable"].sum().to_dict() == {"not billed": 400, "overdue": 105}
    assert measure.value == 505
    assert list(measure.rows) == ["why", "client", "month", "invoice", "recoverable", "contribution"]
    assert receivables.unbilled(data, OCTOBER).index.tolist() == list(range(7))
    assert list(receivables.unbilled(data, OCTOBER)) == list(receivables.billing(data, OCTOBER))


def test_a_month_that_is_not_over_lacks_no_invoice_yet(make_data):
    """On 10 October only September could have been billed."""
    data = make_data(as_of="2026-10-10", entities=ENTITIES, clients=[client("ben")], contracts=[CONTRACTS[2]])
    assert receivables.unbilled(data, OCTOBER)["month"].tolist() == [f"2026-{month:02}" for month in range(1, 10)]
    later = make_data(as_of="2026-12-31", entities=ENTITIES, clients=[client("ben")], contracts=[CONTRACTS[2]])
    assert receivables.unbilled(later, OCTOBER)["month"].max() == "2026-10"


@pytest.mark.parametrize(
    ("contracts", "state"),
    [
        ([], "missing"),
        ([contract("1", "ann", 9, ends="2026-10-30")], "expired"),
        ([contract("1", "ann", 9, signed="")], "unsigned"),
        ([contract("1", "ann", 9, signed="2026-11-05")], "unsigned"),
        ([contract("1", "ann", 9, ends="2026-10-31")], "expiring"),
        ([contract("1", "ann", 9, ends="2026-12-30")], "expiring"),
        ([contract("1", "ann", 9, ends="2026-12-31")], "in force"),
        ([contract("1", "ann", 9)], "in force"),
        ([contract("1", "ann", 9, ends="2026-10-30"), contract("2", "ann", 9, starts="2026-11-01")], "not started"),
        ([contract("2", "ann", 9, signed=""), contract("1", "ann", 9, starts="2026-01-02")], "in force"),
        ([contract("2", "ann", 9), contract("1", "ann", 9, signed="")], "in force"),
        ([contract("1", "ann", 9, ends="2026-10-30", signed="")], "expired"),
        ([contract("1", "ann", 9, ends="2026-11-30", signed="")], "unsigned"),
    ],
)
def test_contract_states(make_data, contracts, state):
    """The last contract decides; a day of signature after the as-of is not known yet; 60 days count as expiring."""
    data = make_data(as_of="2026-10-31", entities=ENTITIES, clients=[client("ann")], contracts=contracts)
    assert receivables.contract_register(data, TODAY)["state"].tolist() == [state]


def test_the_register_says_days_left_and_what_was_billed_in_a_year(make_data):
    """The worst state first, within it by client; a leap day's year goes back to the last of February."""
    names = ["zoe", "ann", "ben", "cy", "eve"]
    since = "2023-01-01"
    rows = [
        contract("1", "ann", 9, since),
        contract("2", "ben", 8, since, "2024-03-31"),
        contract("3", "eve", 7, since),
    ]
    invoices = [
        invoice("1", "ann", "2024-01", 60, "2023-03-01", "2024-01-31"),
        invoice("2", "ann", "2024-01", -10, "2024-02-29", "2024-01-31"),
        invoice("3", "ann", "2024-01", 1000, "2023-02-28", "2024-01-31"),
    ]
    clients = [*map(client, names), client("gone", ended_on="2024-02-29")]
    data = make_data(entities=ENTITIES, clients=clients, contracts=rows, invoices=invoices)
    expected = pd.DataFrame(
        [
            ("cy", "CY", "missing", None, None, 0), ("zoe", "ZOE", "missing", None, None, 0),
            ("ben", "BEN", "expiring", 8, 31, 0), ("ann", "ANN", "in force", 9, None, 50),
            ("eve", "EVE", "in force", 7, None, 0),
        ],
        columns=["client", "name", "state", "monthly_fee", "days_left", "billed"],
    )  # fmt: skip
    made = receivables.contract_register(data, date(2024, 2, 29), 31)
    pd.testing.assert_frame_equal(made[list(expected)], expected, check_dtype=False)
    assert receivables.contract_register(data, date(2024, 2, 29), 30)["state"].tolist()[2:] == ["in force"] * 3


def test_clients_of_one_state_stand_by_name(make_data):
    """Twenty clients, every second under contract: those without first, either half in order."""
    names = [f"{n:02}" for n in range(20)]
    data = make_data(entities=ENTITIES, clients=[client(name) for name in names[::-1]],
                     contracts=[contract(name, name, 9) for name in names[::2]])  # fmt: skip
    assert receivables.contract_register(data, TODAY)["client"].tolist() == names[1::2] + names[::2]


def test_clients_that_left_need_no_contract(data):
    """Dee is not in the register; the worst states come first."""
    rows = receivables.contract_register(data, TODAY, 60)
    assert list(rows) == [
        "client", "entity", "name", "since", "ended_on", "contract", "starts_on", "ends_on", "signed_on",
        "monthly_fee", "state", "days_left", "billed",
    ]  # fmt: skip
    assert rows[["client", "state"]].to_numpy().tolist() == [
        ["cy", "missing"],
        ["ann", "in force"],
        ["ben", "in force"],
    ]


def test_absent_tables_give_nothing_known_and_no_error(make_data):
    """No clients, nothing billed."""
    data = make_data(entities=ENTITIES)
    measures = [receivables.billed(data, OCTOBER, "gap")]
    for metric in (receivables.receivables, receivables.dso, receivables.days_to_pay, receivables.money_recoverable):
        measures.append(metric(data, OCTOBER))
    assert [measure.value for measure in measures] == [None] * 5
    assert measures[0].note == measures[-1].note == "no client in scope"
    for table in (receivables.ageing, receivables.velocity, receivables.unbilled):
        assert table(data, OCTOBER).empty
    assert receivables.contract_register(data, TODAY).empty
