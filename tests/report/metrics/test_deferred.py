"""Deferred revenue against sums done by hand and by plain loops."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import Row
from quarterdeck.model.period import Period
from quarterdeck.report.metrics import deferred

JUNE, JULY, LEAP = Period.parse("2026-06"), Period.parse("2026-07"), Period.parse("2024-02")
ACCOUNTS = [
    {"account": "bank", "type": "asset", "role": "cash"},
    {"account": "owed", "type": "liability", "role": "deferred_revenue"},
]
BOOKINGS = [
    # Deposit in May, balance in June, delivered in July: 1,000 is owed at the end of June.
    {
        "booking": "paid", "price": 1000, "deposit": 300, "booked_on": "2026-05-01", "deposit_on": "2026-05-02",
        "balance_on": "2026-06-30", "starts_on": "2026-07-03", "ends_on": "2026-07-04",
    },
    # Cancelled in June: 150 of 200 given back, 50 kept and recognised.
    {
        "booking": "cancelled", "price": 800, "deposit": 200, "refund": 150, "booked_on": "2026-06-01",
        "deposit_on": "2026-05-03", "starts_on": "2026-08-01", "ends_on": "2026-08-01", "cancelled_on": "2026-06-30",
    },
    # Paid after its service, and on its day: never deferred.
    {
        "booking": "later", "price": 500, "deposit": 20, "booked_on": "2026-06-01", "starts_on": "2026-06-05",
        "ends_on": "2026-06-05", "deposit_on": "2026-06-05", "balance_on": "2026-06-09",
    },
]  # fmt: skip


def post(number: int, day: str, booking: str, amount: float, account: str = "owed") -> Row:
    """A line on the deferred account: a deposit is a credit."""
    return {"line": str(number), "date": day, "account": account, "amount": amount, "booking": booking}


LEDGER = [
    post(1, "2026-05-02", "paid", -300),
    post(2, "2026-05-03", "cancelled", -200),
    post(3, "2026-06-30", "cancelled", 200),
    post(4, "2026-06-30", "paid", -700),
    post(5, "2026-07-04", "paid", 1000),
    post(6, "2026-05-02", "paid", 300, "bank"),
]
DAYS = st.sampled_from(("2023-12-31", "2024-01-01", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01"))


@st.composite
def bookings(draw: st.DrawFn) -> list[Row]:
    """Up to eight bookings paid in two parts (or not), delivered or cancelled; refunds may be more than was paid."""
    maybe = st.one_of(st.just(""), DAYS)
    return [
        {
            "booking": f"b{n}", "price": draw(st.integers(10, 90)), "deposit": draw(st.integers(0, 10)),
            "deposit_on": draw(maybe), "balance_on": draw(maybe), "ends_on": draw(DAYS), "booked_on": "2023-12-01",
            "cancelled_on": draw(maybe), "refund": draw(st.sampled_from(["", 5, 100])),
        }
        for n in range(draw(st.integers(1, 8)))
    ]  # fmt: skip


@settings(max_examples=15)
@given(bookings())
def test_what_is_held_and_earned_is_what_a_loop_over_the_bookings_gives(make_data, rows):
    """For any bookings: money paid before the service (or cancellation) is held until then; the month ties out."""
    data = make_data(trusted=True, bookings=rows)

    def parts(row: Row) -> list[tuple[str, float]]:
        closes, rest = row["cancelled_on"] or row["ends_on"], row["price"] - row["deposit"]
        paid = ((row["deposit_on"], row["deposit"]), (row["balance_on"], rest))
        return [(day, amount) for day, amount in paid if day and day < closes and amount]

    def held(row: Row, day: str) -> float:
        return sum(amount for paid, amount in parts(row) if paid <= day < (row["cancelled_on"] or row["ends_on"]))

    ever = any(map(parts, rows))
    at_end = sum(held(row, "2024-02-29") for row in rows)
    assert deferred.deferred_revenue(data, LEAP).value == (at_end if ever else None)
    table = deferred.roll_forward(data, LEAP, 2).set_index("month")
    assert table["closing"].tolist() == [sum(held(row, day) for row in rows) for day in ("2024-01-31", "2024-02-29")]
    assert table["opening"].tolist() == [sum(held(row, day) for row in rows) for day in ("2023-12-31", "2024-01-31")]
    assert (table[["opening", "deposits", "recognised", "refunds"]].sum(axis=1) == table["closing"]).all()
    taken = sum(amount for row in rows for day, amount in parts(row) if day.startswith("2024-02"))
    assert table.loc["2024-02", "deposits"] == taken
    assert deferred.deposits_taken(data, LEAP).value == (taken if ever else None)
    off = [row for row in rows if row["cancelled_on"].startswith("2024-02")]
    back = sum(min(row["refund"] or 0, sum(amount for _, amount in parts(row))) for row in off)
    assert table.loc["2024-02", "refunds"] == -back
    assert (table["refunds"] <= 0).all() and (table["recognised"] <= 0).all() and (table["deposits"] >= 0).all()
    done = [row for row in rows if not row["cancelled_on"] and row["ends_on"].startswith("2024-02")]
    assert deferred.delivered(data, LEAP).value == sum(row["price"] - (row["refund"] or 0) for row in done)
    steps = deferred.five_steps(data, LEAP).set_index("step")
    assert steps.loc["5 Recognition", "bookings"] == len(done)
    owed = [row for row in rows if row["ends_on"] > "2024-02-29" and not "" < row["cancelled_on"] <= "2024-02-29"]
    assert steps.loc["2 Obligations", "amount"] == sum(row["price"] for row in owed)
    assert steps.loc["5 Recognition", "amount"] == deferred.delivered(data, LEAP).value


def test_roll_forward_ties_out_month_by_month(make_data):
    """Opening + deposits + recognised + refunds = closing = ledger, in each month; rows in any order."""
    for turn in (1, -1):
        data = make_data(accounts=ACCOUNTS, bookings=BOOKINGS[::turn], ledger=LEDGER[::turn])
        table = deferred.roll_forward(data, JULY, 3)
        assert table.columns.tolist() == [
            "month", "opening", "deposits", "recognised", "refunds", "closing", "ledger", "difference",
        ]  # fmt: skip
        assert table["closing"].tolist() == [500, 1000, 0] == table["ledger"].tolist()
        assert table["opening"].tolist() == [0, 500, 1000] and table["difference"].tolist() == [0, 0, 0]
        june = table.set_index("month").loc["2026-06"]
        assert june[["deposits", "recognised", "refunds"]].tolist() == [700, -50, -150]
    assert len(deferred.roll_forward(data, JULY)) == 6


def test_a_difference_is_the_ledger_less_the_bookings(make_data):
    """The ledger lacks the balance of 700 in June, and holds none of it in April."""
    data = make_data(accounts=ACCOUNTS, bookings=BOOKINGS, ledger=LEDGER[:3])
    table = deferred.roll_forward(data, JUNE, 3)
    assert table["ledger"].isna().tolist() == [True, False, False] == table["difference"].isna().tolist()
    assert table["difference"].tolist()[1:] == [0, -700]


def test_facts_are_what_the_rows_sum_to(make_data):
    """700 taken in June, 500 delivered, 1,000 owed at its end, also by the ledger."""
    data = make_data(accounts=ACCOUNTS, bookings=BOOKINGS, ledger=LEDGER)
    assert deferred.deposits_taken(data, JUNE).value == 700
    assert deferred.delivered(data, JUNE).value == 500
    measure = deferred.deferred_revenue(data, JUNE)
    assert measure.value == 1000 == measure.rows["contribution"].sum()
    assert {"booking", "entity", "date", "kind", "amount"} <= set(measure.rows)
    ledger = deferred.deferred_in_ledger(data, JUNE)
    assert ledger.value == 1000 and "booking" in ledger.rows


def test_a_refund_after_the_service_lowers_what_was_earned(make_data):
    """500 delivered, 80 given back: 420 earned, in the fact and in the five steps."""
    data = make_data(bookings=[{"booking": "b", "price": 500, "deposit": 0, "ends_on": "2026-06-05", "refund": 80}])
    assert deferred.delivered(data, JUNE).value == 420 == deferred.five_steps(data, JUNE)["amount"].iloc[-1]


def test_what_ledger_and_bookings_hold_differently_is_named_the_worst_first(make_data):
    """A balance posted elsewhere, a deposit of no known booking, and one without a booking."""
    ledger = [*LEDGER[:3], post(7, "2026-06-02", "ghost", -30), post(8, "2026-06-02", "", -900)]
    gaps = deferred.deferred_gaps(make_data(accounts=ACCOUNTS, bookings=BOOKINGS, ledger=ledger), JUNE)
    assert gaps.columns.tolist() == ["booking", "expected", "ledger", "difference"]
    assert gaps.values.tolist() == [["", 0, 900, 900], ["paid", 1000, 300, -700], ["ghost", 0, 30, 30]]
    assert gaps.index.tolist() == [0, 1, 2]


def test_an_opening_balance_stands_for_the_bookings_before_it(make_data):
    """One line without bookings equals the deposits taken before the books began, so nothing differs."""
    ledger = [post(0, "2026-05-03", "", -300), *LEDGER[1:5]]
    assert not len(deferred.deferred_gaps(make_data(accounts=ACCOUNTS, bookings=BOOKINGS, ledger=ledger), JULY))


def test_five_steps_count_each_booking_where_it_stands(make_data):
    """At the end of June one service is owed; one ended in June; one was taken in June and not cancelled."""
    more = [
        {"booking": "first", "price": 7, "booked_on": "2026-07-01", "ends_on": "2026-07-02"},
        {
            "booking": "gone",
            "price": 9,
            "booked_on": "2026-06-30",
            "ends_on": "2026-07-02",
            "cancelled_on": "2026-07-01",
        },
    ]
    table = deferred.five_steps(make_data(bookings=[*BOOKINGS, *more]), JUNE)
    assert table[["step", "bookings", "amount"]].values.tolist() == [
        ["1 Contract", 2, 509], ["2 Obligations", 2, 1009], ["3 Price", 2, 509], ["4 Allocation", 2, 509],
        ["5 Recognition", 1, 500],
    ]  # fmt: skip
    assert all(table["what"].str.len() > 10)


@pytest.mark.parametrize("metric", [deferred.deposits_taken, deferred.deferred_revenue])
def test_no_money_in_advance_is_not_known(make_data, metric):
    """Bookings whose payment nobody recorded, and no bookings at all, are no zero."""
    assert metric(make_data(bookings=BOOKINGS[2:]), JUNE).note == "no booking was paid in advance"
    assert metric(make_data(bookings=[]), JUNE).value is None


def test_empty_tables_make_empty_reports(make_data):
    """Nothing raises without bookings or ledger."""
    data = make_data()
    assert deferred.delivered(data, JUNE).note == "no booking"
    assert deferred.deferred_in_ledger(data, JUNE).note == "none in the ledger"
    table = deferred.roll_forward(data, JUNE)
    assert not table["closing"].any() and table[["ledger", "difference"]].isna().all(axis=None)
    assert not len(deferred.deferred_gaps(data, JUNE)) and deferred.five_steps(data, JUNE)["bookings"].sum() == 0


def test_service_delivered_leads_to_the_ledger_s_revenue(make_data):
    """June: 500 delivered, 50 kept, 60 of July's service posted early, 7 more than anything explains."""
    accounts = [*ACCOUNTS, {"account": "sales", "type": "revenue", "role": "revenue"}]
    posted = (("later", -500), ("cancelled", -50), ("paid", -60), ("", -7))
    sales = [post(20 + n, "2026-06-30", name, amount, "sales") for n, (name, amount) in enumerate(posted)]
    ledger = [{**row, "entity": "a"} for row in [*LEDGER, *sales, post(30, "2026-05-01", "paid", -1, "sales")]]
    made = [{**row, "entity": "a"} for row in BOOKINGS]
    entities = [{"entity": "a", "name": "A & Co"}, {"entity": "b", "name": "B"}]
    data = make_data(accounts=accounts, ledger=ledger, bookings=made, entities=entities)
    assert deferred.revenue_bridge(data, JUNE).to_dict("records") == [
        {"entity": "A & Co", "delivered": 500, "kept": 50, "billed": 0, "early": 60, "other": 7, "ledger": 617,
         "deferred": 50}
    ]  # fmt: skip
    early = deferred.early_revenue(data, JUNE)
    assert early.value == 61 == early.rows["contribution"].sum(), "all that stands there, also of months before"
    assert deferred.early_revenue(data, JULY).value == 0, "by then the service has ended"


def test_early_revenue_is_not_known_without_bookings(make_data):
    """Nothing says when a service ended."""
    data = make_data(entities=[{"entity": "a"}])
    assert deferred.early_revenue(data, JUNE).note == "no booking" and not len(deferred.revenue_bridge(data, JUNE))
