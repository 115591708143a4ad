"""The sample data: made again byte for byte, consistent with itself, and with the figures that it must show."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from quarterdeck.report.data import Data, check_folder, newest_day

DATA = Path(__file__).parents[1] / "data"
LAST = "2026-10"
NOT_OPERATING = ["equity", "draw", "loan", "fixed_asset"]


def table(name: str) -> pd.DataFrame:
    """A table, codes kept as text."""
    return pd.read_csv(DATA / f"{name}.csv", dtype={"account": str, "line": str})


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    """The ledger with the properties of each account and the month of each line."""
    ledger = table("ledger").merge(table("accounts").drop(columns="name"), on="account", validate="many_to_one")
    return ledger.assign(month=ledger["date"].str[:7])


@pytest.fixture(scope="module")
def cash(lines: pd.DataFrame) -> pd.DataFrame:
    """Operating cash paid and received, net burn and cash held, by month."""
    left_out = lines.loc[lines["role"].isin(NOT_OPERATING), "entry"]
    moved = lines[lines["role"] == "cash"].groupby(["entry", "month"], as_index=False)["amount"].sum()
    operating = moved[~moved["entry"].isin(left_out)]
    by_month = pd.DataFrame(
        {
            "paid": -operating[operating["amount"] < 0].groupby("month")["amount"].sum(),
            "received": operating[operating["amount"] > 0].groupby("month")["amount"].sum(),
            "held": moved.groupby("month")["amount"].sum().cumsum(),
        }
    )
    return by_month.assign(net=by_month["paid"] - by_month["received"])


def held_deposits(day: str) -> float:
    """Deposits that the bookings say are held for service to come on a day."""
    bookings = table("bookings")
    taken = bookings[bookings["deposit_on"] <= day]
    gone = (taken["cancelled_on"] <= day) | (taken["cancelled_on"].isna() & (taken["ends_on"] <= day))
    return float(taken.loc[~gone, "deposit"].sum())


def test_generating_again_gives_the_same_bytes(tmp_path: Path) -> None:
    """Every CSV is made by the generator, and made again it is the same."""
    subprocess.run([sys.executable, "-B", str(DATA / "generate.py"), str(tmp_path)], check=True, timeout=60)
    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert made == {path.name: path.read_bytes() for path in DATA.glob("*.csv")}


def test_the_folder_is_valid_and_ends_on_its_last_day() -> None:
    """All tables have a schema, pass their checks and refer to each other; the default as-of is the end of the year."""
    assert check_folder(DATA) == []
    assert newest_day(Data(DATA)) == date(2026, 10, 31)


def test_gross_burn_is_between_seven_and_nine_thousand(cash: pd.DataFrame) -> None:
    """In the last month, and in most of the others."""
    assert 7000 <= cash.loc[LAST, "paid"] <= 9000
    assert cash["paid"].between(6500, 10000).all()
    assert cash["paid"].between(7000, 9000).sum() >= 7


def test_cash_burns_in_winter_and_lasts_most_of_a_year(cash: pd.DataFrame) -> None:
    """Net burn is positive from November to March; runway is finite, and cash never runs out."""
    assert (cash["net"].head(5) > 0).all()
    assert 5 <= cash.loc[LAST, "held"] / cash["net"].tail(3).mean() <= 14
    assert (cash["held"] > 0).all()


def test_break_even_is_about_six_charters(lines: pd.DataFrame) -> None:
    """Mean fixed cost of three months over a charter's contribution in twelve."""
    fixed = lines[lines["behaviour"] == "fixed"].groupby("month")["amount"].sum().tail(3).mean()
    charters = lines[lines["entity"] == "jada"]
    contribution = -charters.loc[
        (charters["role"] == "revenue") | (charters["behaviour"] == "variable"), "amount"
    ].sum()
    bookings = table("bookings")
    served = bookings[
        (bookings["entity"] == "jada")
        & bookings["cancelled_on"].isna()
        & bookings["ends_on"].between("2025-11", "2026-11")
    ]
    assert 5.5 <= fixed / (contribution / len(served)) <= 6.5
    by_month = served.groupby(served["ends_on"].str[5:7]).size()
    assert by_month[["12", "01", "02"]].max() < by_month[["05", "06", "07", "08"]].min()


def test_cloud_cost_is_between_50_and_84_and_posted_to_the_cent(lines: pd.DataFrame) -> None:
    """In each of the twelve months."""
    costs = table("cloud_costs")
    monthly = costs.groupby(costs["date"].str[:7])["amount"].sum()
    assert len(monthly) == 12 and monthly.between(50, 84).all()
    posted = lines[lines["category"] == "Cloud"].groupby("month")["amount"].sum()
    assert (posted - monthly).abs().max() < 0.006
    assert {"Amazon SES", "AWS Data Transfer"} <= set(costs["service"])


def test_the_campaign_is_worth_ten_to_fifty_thousand() -> None:
    """The list's size through the funnel of each case, less its cost."""
    cases = table("campaigns").merge(table("assets"), left_on="list", right_on="asset", suffixes=("", "_asset"))
    assert set(cases["size"]) == {3676}
    booked = cases["size"] * cases["open_rate"] * cases["click_rate"] * cases["booking_rate"]
    worth = dict(zip(cases["case"], booked * cases["booking_value"] - cases["cost"], strict=True))
    assert worth["low"] == pytest.approx(10_000, rel=0.05)
    assert worth["low"] < worth["base"] < worth["high"]
    assert worth["high"] == pytest.approx(50_000, rel=0.05)


def test_no_travel_agency_lists_us_and_one_pipeline_is_empty() -> None:
    """Zero live listings on channels of kind ota; an entity with leads has none open."""
    listings = table("listings").merge(table("channels")[["channel", "kind"]], on="channel")
    agencies = listings[listings["kind"] == "ota"]
    assert len(agencies) and not (agencies["status"] == "live").any()
    leads = table("leads")
    still_open = leads[leads["won_on"].isna() & leads["lost_on"].isna()]
    assert set(leads["entity"]) - set(still_open["entity"]) == {"dangerouscentaur"}


def test_the_counts_that_reports_promise() -> None:
    """Nine KPIs nobody measures, six open security gaps, four milestones in a chain, three rules, enough actions."""
    kpis, seen, rules = table("kpis"), table("observations"), table("rules")
    still = seen[seen["fixed_on"].isna() & (seen["status"] != "ok")]
    assert len(kpis) == 20 and kpis["measured_by"].isna().sum() == 9
    assert still.loc[still["area"] == "security", "gap"].nunique() == 6
    assert len(still.dropna(subset=["action", "risk", "effort_days"])) >= 12
    assert set(still["area"]) == {"security", "performance", "ux", "delivery", "cost"}
    chain = table("milestones").query("plan == 'profitability'")
    assert len(chain) == 4 and chain["after"].tolist()[1:] == chain["milestone"].tolist()[:3]
    assert chain["due_on"].max() == "2027-03-31"
    assert len(rules) == 3


def test_every_site_has_an_observation_for_every_layer() -> None:
    """So that the audit matrix has no hole."""
    seen = table("observations")
    assert seen.groupby("entity")["layer"].nunique().eq(11).all()
    assert set(seen["entity"]) == set(table("entities")["entity"])


def test_one_rule_is_broken_and_two_are_kept(cash: pd.DataFrame) -> None:
    """Overdue receivables lie above their limit; burn and runway within theirs."""
    limits = table("rules").set_index("measure")["threshold"]
    invoices, payments = table("invoices"), table("payments")
    paid = payments.groupby("invoice")["amount"].sum()
    rest = invoices["amount"] - invoices["invoice"].map(paid).fillna(0)
    assert rest[invoices["due_on"] < "2026-10-31"].sum() > limits["overdue_receivables"]
    assert cash.loc[LAST, "paid"] <= limits["gross_burn"]
    assert cash.loc[LAST, "held"] / cash["net"].tail(3).mean() >= limits["runway"]


def test_deposits_held_tie_to_the_ledger_but_for_the_planted_one(lines: pd.DataFrame) -> None:
    """Month by month until September; October lacks one deposit that was posted as revenue."""
    account = -lines[lines["role"] == "deferred_revenue"].groupby("month")["amount"].sum().cumsum()
    gaps = {month: round(held_deposits(f"{month}-31") - balance, 2) for month, balance in account.items()}
    assert gaps.pop(LAST) in set(table("bookings")["deposit"]) - {0}
    assert len(gaps) == 11 and not any(gaps.values())


def test_the_bank_agrees_with_the_ledger_but_for_one_fee(lines: pd.DataFrame) -> None:
    """Two accounts at twelve month ends, one difference of 18 in the last month."""
    off = {}
    for row in table("bank").itertuples():
        until = lines[(lines["account"] == row.account) & (lines["date"] <= row.date)]
        off[row.account, row.date] = round(row.balance - until["amount"].sum(), 2)
    assert len(off) == 24
    assert {key: gap for key, gap in off.items() if gap} == {("1000", "2026-10-31"): -18.0}


def test_receivables_tie_to_invoices_deliveries_and_balances(lines: pd.DataFrame) -> None:
    """What clients, owners and guests still owe is what the ledger holds as receivable."""
    held = lines[lines["role"] == "receivable"]
    agency = held[held["entity"] == "dangerouscentaur"]["amount"].sum()
    assert agency == pytest.approx(table("invoices")["amount"].sum() - table("payments")["amount"].sum())
    bookings = table("bookings")
    owed = bookings[
        (bookings["ends_on"] <= "2026-10-31") & bookings["cancelled_on"].isna() & bookings["balance_on"].isna()
    ]
    unrecorded = owed["entity"].eq("quickdumpnow") & owed["ends_on"].str.startswith("2026-04")
    sold = owed[owed["entity"].isin(["jada", "quickdumpnow"]) & ~unrecorded]
    guests = held[held["entity"].isin(["jada", "quickdumpnow"])]["amount"].sum()
    assert guests == pytest.approx((sold["price"] - sold["deposit"]).sum())


def test_a_month_of_sales_is_missing_in_the_ledger(lines: pd.DataFrame) -> None:
    """Jobs were done in April and none of them is revenue; every other month has some."""
    revenue = lines[(lines["role"] == "revenue") & (lines["entity"] == "quickdumpnow")]
    assert set(lines["month"]) - set(revenue["month"]) == {"2026-04"}
    bookings = table("bookings")
    assert (bookings["entity"].eq("quickdumpnow") & bookings["ends_on"].str.startswith("2026-04")).sum() > 5


def test_only_the_planted_payment_looks_like_a_duplicate(lines: pd.DataFrame) -> None:
    """Same vendor, account and amount within ten days."""
    spent = lines[(lines["type"] == "expense") & (lines["amount"] > 0)].assign(day=lambda f: pd.to_datetime(f["date"]))
    spent = spent.sort_values("day")
    gap = spent.groupby(["counterparty", "account", "amount"])["day"].diff().dt.days
    assert spent.loc[gap <= 10, "counterparty"].tolist() == ["Seaview Sail Loft"]


def test_nothing_happens_out_of_order() -> None:
    """Enquiries, sales, trips and deliveries go forward in time; no boat, house or sailor is in two places at once."""
    leads = table("leads")
    for first, then in (("created_on", "qualified_on"), ("qualified_on", "quoted_on"), ("created_on", "won_on"),
                        ("quoted_on", "won_on"), ("created_on", "lost_on"), ("quoted_on", "lost_on")):  # fmt: skip
        assert not (leads[first] > leads[then]).any()
    bookings = table("bookings")
    assert not (bookings["booked_on"] > bookings["starts_on"]).any()
    kept = bookings[bookings["cancelled_on"].isna() & (bookings["asset"] != "qdn-truck")]
    for _, trips in kept.sort_values("starts_on").groupby("asset"):
        overlap = trips["starts_on"] < trips["ends_on"].shift()
        assert not overlap.any()
    crew = table("crew_days").sort_values("starts_on")
    for _, days in crew.groupby("person"):
        assert not (days["starts_on"] < days["ends_on"].shift()).any()
    assert not table("crew_days")["ends_on"].lt(crew["starts_on"]).any()


def test_awkward_names_and_amounts_are_there() -> None:
    """Accents, an ampersand, an apostrophe, markup, a long name; a zero price and negative amounts."""
    bookings, names = table("bookings"), " ".join(table("bookings")["customer"])
    assert all(piece in names for piece in ("Zoë Ångström", "O'Malley", "Smith & Sons", "<Unit 4>"))
    assert bookings["customer"].str.len().max() > 90
    assert (bookings["price"] == 0).sum() == 1
    assert (table("invoices")["amount"] < 0).sum() == 1 and (table("payments")["amount"] < 0).sum() == 1
