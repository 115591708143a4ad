"""Coverage of sales by the books, against sums done by hand and by plain loops."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import ACCOUNTS, EDGES, Row, entry
from quarterdeck.model.period import Period
from quarterdeck.report.metrics import coverage

OCTOBER, LEAP = Period.parse("2026-10"), Period.parse("2024-02")
ENTITIES = [
    {"entity": "a", "name": "A & Co", "kind": "charter"},
    {"entity": "b", "name": "B", "kind": "agency"},
    {"entity": "c", "name": "C", "kind": "transport"},
]


def sale(entity: str, amount: float, day: str = "2026-10-05") -> list[Row]:
    """Revenue posted."""
    return entry(f"{entity}-{day}", day, entity, bank=amount, sales=-amount)


def booking(price: float, day: str = "2026-10-31", **more: object) -> Row:
    """A booking of A whose service ended on a day."""
    return {"entity": "a", "ends_on": day, "price": price, **more}


@pytest.fixture
def tracked(make_data):
    """In October A delivered 400 and posted 300, B billed 200 less a credit note of 50, C delivered 70 and lost 9."""
    return make_data(
        entities=ENTITIES,
        accounts=ACCOUNTS,
        ledger=[*sale("a", 300), *sale("b", 150), *entry("x", "2026-10-05", "a", bank=-9, fuel=9)],
        bookings=[booking(450, refund=50), booking(999, cancelled_on="2026-10-01")],
        clients=[{"client": "c", "entity": "b"}],
        invoices=[
            {"client": "c", "issued_on": "2026-10-02", "amount": 200},
            {"client": "c", "issued_on": "2026-10-03", "amount": -50},
            {"client": "c", "issued_on": "2026-11-01", "amount": 3},
        ],
        deliveries=[
            {"entity": "c", "delivered_on": "2026-10-31", "price": 70, "stage": "delivered"},
            {"entity": "c", "delivered_on": "", "price": 80, "stage": "under way"},
            {"entity": "c", "delivered_on": "2026-10-31", "price": 9, "stage": "cancelled"},
        ],
    )


@settings(max_examples=12)
@given(
    st.lists(st.tuples(st.sampled_from(EDGES), st.integers(-20, 99)), max_size=8),
    st.lists(st.tuples(st.sampled_from(EDGES), st.integers(-20, 99)), max_size=8),
)
def test_cells_are_what_a_loop_over_sales_and_postings_gives(make_data, sales, postings):
    """For any sales and postings, refunds among them: sold, recorded, what is missing beyond 2 %, and the share."""
    ledger = [row for n, (day, paid) in enumerate(postings) for row in entry(str(n), day, bank=paid, sales=-paid)]
    bookings = [{**booking(price, day), "booking": str(n)} for n, (day, price) in enumerate(sales)]
    data = make_data(trusted=True, entities=ENTITIES[:1], accounts=ACCOUNTS, ledger=ledger, bookings=bookings)
    cells = {row["period"]: row for row in coverage.coverage(data, LEAP.trailing(4)).to_dict("records")}
    seen, missing = set(), 0.0
    for month in {day[:7] for day, _ in [*sales, *postings] if "2023-11" <= day <= "2024-03"}:
        sold = sum(price for day, price in sales if day.startswith(month))
        posted = sum(amount for day, amount in postings if day.startswith(month))
        if not (sold or posted):
            continue
        seen.add(month)
        lacks = max(0, sold) - min(max(0, posted), max(0, sold))
        lacks = lacks if lacks > 0.02 * sold else 0
        missing += lacks
        assert (cells[month]["sold"], cells[month]["recorded"]) == (sold, posted)
        assert cells[month]["missing"] == pytest.approx(lacks)
        if sold > 0:
            assert cells[month]["covered"] == pytest.approx(min(1, max(0, posted) / sold))
        else:
            assert cells[month]["covered"] != cells[month]["covered"]
    assert set(cells) == seen
    assert sum(cell["missing"] for cell in cells.values()) == pytest.approx(missing)


def test_coverage_names_the_sales_that_are_not_in_the_books(tracked):
    """A lacks 100 of 400, C all its 70; over all 450 of 620 are covered, and the rows add up."""
    cells = coverage.coverage(tracked, [OCTOBER])
    assert cells.columns.tolist() == ["entity", "name", "period", "sold", "recorded", "missing", "covered"]
    assert cells.values.tolist() == [
        ["a", "A & Co", "2026-10", 400, 300, 100, 0.75], ["b", "B", "2026-10", 150, 150, 0, 1],
        ["c", "C", "2026-10", 70, 0, 70, 0],
    ]  # fmt: skip
    share = coverage.revenue_coverage(tracked, OCTOBER)
    assert share.value == pytest.approx(450 / 620)
    assert share.rows.groupby("part")["contribution"].sum().to_dict() == {"numerator": 450, "denominator": 620}
    missing = coverage.revenue_unrecorded(tracked, OCTOBER)
    assert missing.value == 170 and missing.rows["entity"].tolist() == ["a", "c"]
    assert coverage.revenue_coverage(tracked, OCTOBER.previous()).note == "no sale in the period"


def test_cells_are_sorted_by_entity_and_period(tracked):
    """November's invoice comes after October's, whatever the order of the periods asked for."""
    cells = coverage.coverage(tracked, [Period.parse("2026-11"), OCTOBER])
    assert cells[["entity", "period"]].values.tolist() == [
        ["a", "2026-10"], ["b", "2026-10"], ["b", "2026-11"], ["c", "2026-10"],
    ]  # fmt: skip
    assert cells.index.tolist() == [0, 1, 2, 3]


def test_twelve_months_are_searched(make_data):
    """November of last year counts, October of last year does not."""
    bookings = [booking(1, "2025-11-01"), booking(20, "2025-10-31")]
    data = make_data(entities=ENTITIES[:1], accounts=ACCOUNTS, ledger=[], bookings=bookings)
    assert coverage.revenue_unrecorded(data, OCTOBER).value == 1


def test_two_percent_may_be_missing(make_data):
    """98 of 100 is within the tolerance, 97.99 is not; more than was sold counts as covered."""
    for posted, missing, covered in ((98, 0, 0.98), (97.99, 2.01, 0.9799), (150, 0, 1)):
        data = make_data(entities=ENTITIES[:1], accounts=ACCOUNTS, ledger=sale("a", posted), bookings=[booking(100)])
        cell = coverage.coverage(data, [OCTOBER]).iloc[0]
        assert (cell["missing"], cell["covered"]) == (pytest.approx(missing), pytest.approx(covered))
        assert coverage.revenue_coverage(data, OCTOBER).value == pytest.approx(covered)


def test_who_sold_nothing_has_no_part_in_the_share(make_data):
    """A sold and posted 10; B posted 5 and C's booking brought a loss of 3: only A is in the rows."""
    data = make_data(
        entities=ENTITIES,
        accounts=ACCOUNTS,
        ledger=[*sale("a", 10), *sale("b", 5)],
        bookings=[booking(10), booking(0, entity="c", refund=3)],
    )
    share = coverage.revenue_coverage(data, OCTOBER)
    assert share.value == 1 and share.rows["entity"].tolist() == ["a", "a"]
    assert coverage.coverage(data, [OCTOBER])["sold"].tolist() == [10, 0, -3]


@pytest.mark.parametrize(
    ("kind", "read"),
    [("charter", set()), ("agency", {"clients", "invoices"}), ("transport", {"deliveries"})],
)
def test_coverage_never_reads_tables_that_no_entity_calls_for(make_data, kind, read):
    """What nobody is there to use cannot be missing: absent invoices or deliveries make nothing else unknown."""
    entities = [{"entity": "a", "name": "A & Co", "kind": kind}]
    data = make_data(entities=entities, accounts=ACCOUNTS, ledger=sale("a", 1), bookings=[booking(1)])
    assert coverage.revenue_coverage(data, OCTOBER).value == 1
    assert data.touched == {"entities", "ledger", "accounts", "bookings"} | read
    assert data.absent(data.touched) == sorted(read)


def test_nothing_sold_and_nothing_posted_is_not_known(make_data):
    """No table, no cell, no zero."""
    data = make_data(entities=ENTITIES)
    assert not len(coverage.coverage(data, [OCTOBER]))
    assert coverage.revenue_coverage(data, OCTOBER).note == "no sale in the period"
    assert coverage.revenue_unrecorded(data, OCTOBER).note == "neither sales nor revenue"


def test_revenue_below_zero_lacks_no_more_than_was_sold(make_data):
    """A refund of 50 posted in a month without sales lacks nothing and covers nothing; of sales of 100 it lacks 100."""
    tables = {"entities": ENTITIES[:1], "accounts": ACCOUNTS, "ledger": sale("a", -50)}
    back = make_data(**tables)
    assert coverage.coverage(back, [OCTOBER])["missing"].tolist() == [0]
    assert coverage.revenue_coverage(back, OCTOBER).value is None
    sold = make_data(**tables, bookings=[booking(100)])
    assert coverage.coverage(sold, [OCTOBER])[["missing", "covered"]].values.tolist() == [[100, 0]]
