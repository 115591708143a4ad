"""Billing, contracts and receivables against sums done by hand."""

from __future__ import annotations

from datetime import date

import pytest

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
    assert receivables.billed(data, july, "invoiced").value is None
    assert receivables.billed(data, july, "contracted").value == 230


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
    assert receivables.receivables(data, Period.parse("2026-06")).value is None


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


def test_dso_is_receivables_over_sales_of_the_period_times_its_days(data):
    """185 over 160 invoiced in October, times 31."""
    assert receivables.dso(data, OCTOBER).value == pytest.approx(185 / 160 * 31)
    assert receivables.dso(data, Period.parse("2026-06")).value is None


def test_days_to_pay_weigh_by_amount_and_leave_refunds_out(data):
    """90 after 10 days and 60 after 19."""
    assert receivables.days_to_pay(data, OCTOBER).value == pytest.approx((90 * 10 + 60 * 19) / 150)
    assert receivables.velocity(data, OCTOBER).set_index("client")["now"].to_dict() == {"ann": 10, "cy": 19}


def test_money_recoverable_is_what_is_overdue_and_what_was_not_billed(data):
    """105 overdue; not billed since August: ann 100 + 0 + 20, ben 20 + 80 + 80, dee 50 + 50."""
    measure = receivables.money_recoverable(data, OCTOBER)
    assert measure.rows.groupby("why")["recoverable"].sum().to_dict() == {"not billed": 400, "overdue": 105}
    assert measure.value == 505


def test_a_month_that_is_not_over_lacks_no_invoice_yet(make_data):
    """On 10 October only September could have been billed."""
    data = make_data(as_of="2026-10-10", entities=ENTITIES, clients=[client("ben")], contracts=[CONTRACTS[2]])
    assert receivables.unbilled(data, OCTOBER)["month"].max() == "2026-09"


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
        ([contract("1", "ann", 9, ends="2026-10-30"), contract("2", "ann", 9, starts="2026-11-01")], "in force"),
    ],
)
def test_contract_states(make_data, contracts, state):
    """The last contract decides; a day of signature after the as-of is not known yet; 60 days count as expiring."""
    data = make_data(as_of="2026-10-31", entities=ENTITIES, clients=[client("ann")], contracts=contracts)
    assert receivables.contract_register(data, TODAY, 60)["state"].tolist() == [state]


def test_clients_that_left_need_no_contract(data):
    """Dee is not in the register; the worst states come first."""
    rows = receivables.contract_register(data, TODAY, 60)
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
    for table in (receivables.ageing, receivables.velocity, receivables.unbilled):
        assert table(data, OCTOBER).empty
    assert receivables.contract_register(data, TODAY).empty
