"""The sample ledger, kept a second time by Debian's hledger: both must say the same of every account and month."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Callable
from datetime import date
from itertools import groupby
from pathlib import Path

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.data import Data
from quarterdeck.report.metrics import books, cash, profit
from tools import find_tool

FOLDER = Path(__file__).parents[2] / "data"
OCTOBER, AS_OF = Period.parse("2026-10"), date(2026, 10, 31)
YEAR, MONTHS = OCTOBER.trailing(12), ("--monthly", "--begin", "2025-11")
FINANCING = "acct::(equity|draw|loan|fixed_asset):"
pytestmark = pytest.mark.skipif(not (FOLDER / "ledger.csv").is_file(), reason="no sample data: run data/generate.py")
Ask = Callable[..., dict[str, list[float]]]


@pytest.fixture(scope="module")
def data() -> Data:
    """The sample data as of the end of October 2026."""
    return Data(FOLDER, as_of=AS_OF, trusted=True)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger as an hledger journal: an entry is a transaction with its id as code, an account `type:role:id`."""

    def rows(name: str) -> list[dict[str, str]]:
        with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    names = {row["account"]: f"{row['type']}:{row['role']}:{row['account']}" for row in rows("accounts")}
    lines = []
    for (day, entry), postings in groupby(rows("ledger"), key=lambda row: (row["date"], row["entry"])):
        lines += [f"{day} ({entry})"]
        lines += [f"    {names[row['account']]}  {row['amount']}  ; entity: {row['entity']}" for row in postings]
    path = tmp_path_factory.mktemp("hledger") / "sample.journal"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def hledger(journal: Path) -> Callable[..., str]:
    """`hledger("codes", …)` is what hledger says of the journal."""
    program = find_tool("hledger", "apt-get install hledger")

    def run(*arguments: str) -> str:
        command = [program, "-f", str(journal), *arguments]
        return subprocess.run(command, capture_output=True, check=True, text=True, env={"LC_ALL": "C.UTF-8"}).stdout

    return run


@pytest.fixture(scope="module")
def balance(hledger: Callable[..., str]) -> Ask:
    """`balance(…)` gives hledger's table: the numbers of each row by its name (an account's is its id)."""

    def ask(*arguments: str) -> dict[str, list[float]]:
        said = hledger("balance", "--flat", "--no-total", "--end", "2026-11-01", "-O", "csv", *arguments)
        return {
            row[0].rpartition(":")[2]: [float(cell) for cell in row[1:]]
            for row in list(csv.reader(io.StringIO(said)))[1:]
        }

    return ask


def nonzero(values: dict[str, float]) -> dict[str, float]:
    """Without accounts that stand at nothing, which hledger leaves out."""
    return {name: pytest.approx(value, abs=0.005) for name, value in values.items() if round(value, 2)}


def test_trial_balance_is_hledger_s(data: Data, balance: Ask) -> None:
    """Every account's balance at the end of October, and that both sides are equal."""
    table = books.trial_balance(data, OCTOBER).fillna(0.0).set_index("account")
    found = balance()
    assert {name: value for name, (value,) in found.items()} == nonzero((table["debit"] - table["credit"]).to_dict())
    assert sum(value for (value,) in found.values()) == pytest.approx(
        books.trial_balance_difference(data, OCTOBER).value, abs=0.005
    )


def test_cash_is_hledger_s_at_each_month_s_end(data: Data, balance: Ask) -> None:
    """The historical balance of all cash accounts, twelve months."""
    found = balance("--historical", "--depth", "2", *MONTHS, "acct::cash:")
    assert found["cash"] == pytest.approx([cash.cash(data, month).value for month in YEAR], abs=0.005)


def test_burn_is_hledger_s_change_in_cash(data: Data, hledger: Callable[..., str], balance: Ask) -> None:
    """Of each month's transactions without financing, pivoted by code: those that lower cash, and all of them."""
    codes = hledger("codes", FINANCING).split()
    assert len(codes) > 12
    other = f"not:code:^({'|'.join(codes)})$"
    found = balance("--pivot", "code", *MONTHS, "acct::cash:", other)
    for column, month in enumerate(YEAR):
        changes = [row[column] for row in found.values()]
        assert cash.gross_burn(data, month).value == pytest.approx(-sum(one for one in changes if one < 0), abs=0.005)
        assert cash.net_burn(data, month).value == pytest.approx(-sum(changes), abs=0.005)


def test_profit_and_loss_is_hledger_s_by_account_and_month(data: Data, balance: Ask) -> None:
    """Every account of revenue and expense in each of twelve months."""
    found = balance(*MONTHS, "acct:^(revenue|expense):")
    for column, month in enumerate(YEAR):
        rows = profit.net_profit(data, month).rows
        assert rows is not None
        ours = nonzero((-rows.groupby("account")["contribution"].sum()).to_dict())
        assert {name: row[column] for name, row in found.items() if row[column]} == ours


def test_profit_by_entity_is_hledger_s(data: Data, balance: Ask) -> None:
    """Revenue, direct cost and profit of twelve months, pivoted by the tag that names the entity."""
    table = profit.by_entity(data, OCTOBER).set_index("entity")
    for column, sign, query in (
        ("revenue", -1, "acct::revenue:"),
        ("direct", 1, "acct::direct:"),
        ("profit", -1, "acct:^(revenue|expense):"),
    ):
        found = {
            name: sign * value for name, (value,) in balance("--pivot", "entity", "--begin", "2025-11", query).items()
        }
        assert found == nonzero(table[column].fillna(0.0).to_dict())
