"""What holds of the table alone: lost answers, refusals, time to live. What every ledger promises is in test_ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from botocore.stub import Stubber

from quarterdeck.deliver.dynamo import EXPIRES, INDEX, TableLedger
from quarterdeck.model.errors import QuarterdeckError

from .ledgers import AT, NOW, claimed, dynamo_client, table_ledger

pytestmark = pytest.mark.slow


@pytest.fixture
def client(moto: str) -> Any:
    """A client of moto's server."""
    return dynamo_client(moto)


def lose_answers(client: Any, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Let every first call arrive and its answer be lost, so that the SDK calls again; returns which ones were."""
    lost: list[bytes] = []
    send = client._endpoint.http_session.send

    def lossy(request: Any) -> Any:
        answer, operation = send(request), request.headers["X-Amz-Target"]
        if len(lost) % 2 == 0 or lost[-1] != operation:
            lost.append(operation)
            raise ConnectionClosedError(endpoint_url=request.url)
        lost.append(operation)
        return answer

    monkeypatch.setattr(client._endpoint.http_session, "send", lossy)
    return lost


def test_a_write_whose_answer_was_lost_is_known_as_ones_own(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The repeated call fails on what the first one wrote; neither is a delivery lost nor made twice."""
    ledger, row = table_ledger(client), claimed()
    lost = lose_answers(client, monkeypatch)
    assert ledger.claim(row, NOW) and not ledger.claim(row, NOW)
    assert ledger.advance(row.key, "sending", was=("claimed",), owner="me")
    assert not ledger.advance(row.key, "sending", was=("claimed",), owner="me")
    assert ledger.advance(row.key, "sent", was=("sending",), owner="me")
    assert ledger.note(row.key, "opened", AT) and not ledger.note(row.key, "opened", AT)
    assert ledger.mark("event/1") and not ledger.mark("event/1")
    assert ledger.get(row.key) == replace(row, state="sent", opened=AT)
    assert lost.count(b"DynamoDB_20120810.UpdateItem") == 2 * 9


def test_feedback_that_comes_between_does_not_hide_ones_own_write(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """SES may tell of a delivery before the sender has learnt that its row is written."""
    ledger, row = table_ledger(client), claimed()
    other = TableLedger(dynamo_client(client.meta.endpoint_url), ledger._table.name, NOW)
    ledger.claim(row, NOW)
    send, calls = client._endpoint.http_session.send, []

    def lossy(request: Any) -> Any:
        answer = send(request)
        calls.append(request)
        if len(calls) == 1:
            assert other.note(row.key, "delivered", AT) and other.note(row.key, "opened", AT)
            raise ConnectionClosedError(endpoint_url=request.url)
        return answer

    monkeypatch.setattr(client._endpoint.http_session, "send", lossy)
    assert ledger.advance(row.key, "sent", was=("claimed",)) and len(calls) == 2


def test_what_is_written_expires_but_for_who_unsubscribed(client: Any) -> None:
    """By the attribute that the table's time to live goes by, counted from the last change or the period's end."""
    first, end = table_ledger(client), datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    for row in (claimed(period="2026-09"), claimed("cfo", "2026-09"), claimed("cto")):
        first.claim(row, NOW)
    first.mark("approved/ceo")
    first.mark("silenced/ceo/ann")
    later = TableLedger(client, first._table.name, NOW + 86400, days=10)
    later.advance(claimed("cfo", "2026-09").key, "sent", was=("claimed",))
    items = client.scan(TableName=first._table.name)["Items"]
    expires = {item["pk"]["S"]: item.get(EXPIRES, {}).get("N") for item in items}
    recipient = claimed().key.recipient
    assert expires == {
        f"ceo#{recipient}": str(int(NOW) + 730 * 86400),
        f"cfo#{recipient}": str(int(NOW) + 11 * 86400),
        f"cto#{recipient}": str(int(end) + 730 * 86400),
        "mark#approved/ceo": str(int(NOW) + 730 * 86400),
        "mark#silenced/ceo/ann": None,
    }


def test_rows_are_read_page_after_page(client: Any) -> None:
    """Each answer holds a megabyte at most."""
    ledger = table_ledger(client)
    for number in range(8):
        assert ledger.claim(claimed(version=number + 1, snapshot="x" * 300_000), NOW)
    recipient = claimed().key.recipient
    ledger.advance(claimed(version=8).key, "sent", was=("claimed",))
    assert len(list(ledger.rows())) == 8
    assert [row.key.version for row in ledger.of_report("ceo", "2026-10")] == list(range(1, 9))
    last = ledger.last_sent("ceo", recipient)
    assert last and last.key.version == 8


def test_the_table_is_paid_by_request_and_found_by_report(client: Any) -> None:
    """As made from its one definition."""
    made = client.describe_table(TableName=table_ledger(client)._table.name)["Table"]
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [index["IndexName"] for index in made["GlobalSecondaryIndexes"]] == [INDEX]


def test_a_missing_table_is_named(client: Any) -> None:
    """Whatever was asked."""
    ledger = TableLedger(client, "not-there", NOW)
    told = r"table not-there: is not there\. Make it with `quarterdeck tables`"
    for ask in (
        lambda: ledger.claim(claimed(), NOW), lambda: ledger.get(claimed().key), lambda: list(ledger.rows()),
        lambda: ledger.last_sent("ceo", "x"), lambda: list(ledger.of_report("ceo", "2026-10")),
        lambda: ledger.mark("x"), lambda: ledger.marked("x"), lambda: ledger.unmark("x"),
    ):  # fmt: skip
        with pytest.raises(QuarterdeckError, match=told):
            ask()


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("AccessDeniedException", "Allow that to whoever"),
        ("ThrottlingException", "Try again in a minute"),
        ("ProvisionedThroughputExceededException", "Try again in a minute"),
        ("ExpiredTokenException", "Sign in"),
        ("ValidationException", "Mend that"),
    ],
)
def test_a_refusal_says_what_to_do(client: Any, code: str, remedy: str) -> None:
    """With the table's name and what DynamoDB said."""
    with Stubber(client) as stub:
        stub.add_client_error("update_item", code, "said why")
        with pytest.raises(QuarterdeckError, match=rf"table ledger: was refused \({code}\): said why\. .*{remedy}"):
            TableLedger(client, "ledger", NOW).claim(claimed(), NOW)


def test_without_a_network_or_credentials_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback of the SDK's."""
    import boto3

    once = Config(retries={"total_max_attempts": 1})
    options = {"region_name": "eu-west-1", "endpoint_url": "http://127.0.0.1:9", "config": once}
    known = boto3.session.Session("testing", "testing").client("dynamodb", **options)
    with pytest.raises(QuarterdeckError, match="table ledger: gave no answer: EndpointConnectionError"):
        TableLedger(known, "ledger", NOW).mark("x")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    unknown = boto3.session.Session().client("dynamodb", **options)
    with pytest.raises(QuarterdeckError, match="table ledger: needs AWS credentials"):
        list(TableLedger(unknown, "ledger", NOW).rows())
