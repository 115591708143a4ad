"""A run from its request to its mails, and what is left of it when messages come twice, late or broken."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deliver.aws import refuse_ann, serving
from quarterdeck.cloud import handler
from quarterdeck.cloud.runs import report_item
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.model.report import ReportKey

from .cloud import CONTEXT, Cloud, deployed, sqs_record

pytestmark = pytest.mark.slow
READER = "recipients: [{address: ann@example.com}]\n"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with serving() as endpoint, deployed(endpoint) as made:
        yield made


def say(project: Path, persona: str, line: str) -> None:
    """Add a line to a persona."""
    path = project / "personas" / f"{persona}.yml"
    path.write_text(path.read_text("utf-8") + line, "utf-8")


def objects(cloud: Cloud, bucket: str) -> dict[str, str]:
    """What a bucket holds, each key with its ETag."""
    found = cloud.client("s3").list_objects_v2(Bucket=f"{cloud.name}-{bucket}").get("Contents", [])
    return {it["Key"]: it["ETag"] for it in found}


def generate(cloud: Cloud, **body: Any) -> str:
    """Begin a run as the owner; its id."""
    cloud.sign_in("owner@example.com", "admin")
    status, told = cloud.post("/api/generate-reports", {"period": "2026-03", **body})
    assert status == 202
    return str(told["run"])


def mails(endpoint: str) -> list[set[str]]:
    """To whom SES was given each mail."""
    from urllib.request import urlopen

    with urlopen(f"{endpoint}/moto-api/data.json") as answer:
        return [{*it["destinations"]} for it in json.load(answer).get("ses", {}).get("RawMessage", [])]


def states(run: dict[str, Any]) -> dict[str, str]:
    """The state of each report of a run."""
    return {it["slug"]: it["state"] for it in run["reports"]}


def test_a_run_from_request_to_mail(cloud: Cloud, project: Path) -> None:
    """One message a report; the last one assembles; the site, the kept reports and the mail are there; once."""
    say(project, "host", READER)
    version = cloud.push(project)
    id = generate(cloud, send=True)
    assert (cloud.run(id)["state"], cloud.run(id)["reports"]) == ("queued", [])
    messages = cloud.work()
    told = [it["quarterdeck"] for it in messages]
    assert told == ["plan", "report", "report", "assemble", "send", "send"]
    run = cloud.run(id)
    assert (run["state"], run["project"], run["why"], run["asked_by"]) == ("done", version, "", "o…@example.com")
    host, skipper = run["reports"]
    assert (host["state"], host["rendered"], host["sent"], host["why"]) == ("sent", True, 1, "")
    assert (skipper["state"], skipper["rendered"], skipper["sent"]) == ("sent", True, 0)
    assert {"index.html", "r/host/2026-03/index.html", "r/skipper/2026-03/index.html"} <= objects(cloud, "site").keys()
    kept = objects(cloud, "project")
    assert {"r/host/2026-03/report.zip", "r/skipper/2026-03/report.zip"} <= kept.keys()
    assert mails(cloud.endpoint) == [{"ann@example.com"}]
    _, listed = cloud.get("/reports")
    shown = {it["slug"]: (it["period"], it["sent"], it["failed"], it["approval"]) for it in listed["reports"]}
    assert shown == {"host": ("2026-03", 1, 0, ""), "skipper": ("2026-03", 0, 0, "")}

    site = objects(cloud, "site")
    for message in messages:  # all of it again
        assert cloud.deliver(sqs_record(json.dumps(message), 1)) == []
    cloud.work()
    assert cloud.run(id) == run
    assert (objects(cloud, "site"), objects(cloud, "project")) == (site, kept)
    assert len(mails(cloud.endpoint)) == 1

    cloud.place.close()
    handler.place.cache_clear()  # another environment, without what this one had rendered
    shutil.rmtree(tempfile.gettempdir() + "/quarterdeck")
    again = generate(cloud, send=True)
    cloud.work()
    assert [it["why"] for it in cloud.run(again)["reports"]] == [f"sent {run['at'][:10]}", ""]
    assert objects(cloud, "project") == kept and len(mails(cloud.endpoint)) == 1


def test_a_report_that_fails_holds_nobody_up(cloud: Cloud, project: Path) -> None:
    """It is said why, not tried again, and the others are published."""
    say(project, "skipper", "parameters: {smallest: much}\n")
    cloud.push(project)
    id = generate(cloud)
    messages = cloud.work()
    assert [it["quarterdeck"] for it in messages] == ["plan", "report", "report", "assemble"]
    run = cloud.run(id)
    failed = next(it for it in run["reports"] if it["slug"] == "skipper")
    assert (run["state"], states(run)) == ("done", {"host": "executed", "skipper": "failed"})
    assert "section fuel" in failed["why"] and "TypeError" in failed["why"] and failed["report_attempts"] == 1
    assert str(cloud.place.folder) not in failed["why"] and not failed["rendered"]
    assert "r/host/2026-03/index.html" in objects(cloud, "site")
    assert "r/skipper/2026-03/index.html" not in objects(cloud, "site")


def test_bad_data_fails_the_run(cloud: Cloud, project: Path) -> None:
    """Before anything is executed, in the words of the command line."""
    (project / "data" / "company.csv").write_text("company,currency\n", "utf-8")
    cloud.push(project)
    id = generate(cloud)
    assert [it["quarterdeck"] for it in cloud.work()] == ["plan"]
    run = cloud.run(id)
    assert run["state"] == "failed" and "company" in run["why"]
    bad = generate(cloud, personas=["hosst"])
    cloud.work()
    assert "Did you mean 'host'?" in cloud.run(bad)["why"] or "company" in cloud.run(bad)["why"]


def test_what_may_pass_is_tried_again_and_given_up_at_last(cloud: Cloud, project: Path) -> None:
    """A bucket that is away; then a worker that dies: the third receive buries it, and the run goes on."""
    cloud.push(project)
    id = generate(cloud)
    (plan,) = cloud.receive()
    assert cloud.deliver(plan) == []
    host, skipper = cloud.receive()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROJECT_BUCKET", "bucket-that-is-away")
        del cloud.place.settings
        assert cloud.deliver(host) == [host["messageId"]]
    del cloud.place.settings
    reports = cloud.run(id)["reports"]
    assert reports[0]["state"] == "executing" and "is not there" in reports[0]["why"]
    assert cloud.deliver({**host, "attributes": {**host["attributes"], "ApproximateReceiveCount": "2"}}) == []
    assert cloud.run(id)["reports"][0]["report_attempts"] == 2

    now, item = cloud.place.clock(), report_item(id, ReportKey("skipper", "", "2026-03"))
    assert cloud.place.runs.claim(item, "report", now, now - 1)  # its worker was killed
    last = {**skipper, "attributes": {**skipper["attributes"], "ApproximateReceiveCount": "3"}}
    assert cloud.deliver(last) == [last["messageId"]]
    assert cloud.deliver(last) == []
    cloud.work()
    run = cloud.run(id)
    assert (run["state"], states(run)) == ("done", {"host": "executed", "skipper": "failed"})
    assert "out of time or of memory" in run["reports"][1]["why"]


def test_a_poisoned_message_blocks_nobody(cloud: Cloud, project: Path) -> None:
    """It alone fails, each time, and so ends among the dead letters."""
    cloud.push(project)
    generate(cloud, personas=["host"])
    (plan,) = cloud.receive()
    poison = [
        sqs_record(body, 1)
        for body in (
            "no JSON", "[]", '{"quarterdeck": "steal"}', '{"quarterdeck": "report", "run": "../x"}',
            '{"quarterdeck": "report", "run": "x", "slug": "../../etc", "period": "2026-03"}',
            '{"quarterdeck": "report", "run": "x", "slug": "ceo", "period": "2026-03/../.."}',
            '{"quarterdeck": "plan", "run": "x", "more": 1}',
        )
    ]  # fmt: skip
    assert cloud.deliver(*poison, plan) == [it["messageId"] for it in poison]
    assert [it["quarterdeck"] for it in cloud.work()] == ["report", "assemble"]


def test_the_schedule_makes_what_has_ended(cloud: Cloud, project: Path) -> None:
    """By the company's clock, of the personas whose turn it is, once for however many events."""
    say(project, "host", "schedule: weekly\n")
    cloud.push(project)

    def scheduled(kind: str, time: str) -> dict[str, Any]:
        asked = {"quarterdeck": "schedule", "kind": kind, "time": time, "send": False}
        first, second = handler.handler(asked, CONTEXT), handler.handler(asked, CONTEXT)
        assert first == second
        cloud.work()
        return cloud.run(first["run"])

    cloud.sign_in("owner@example.com", "admin")
    month = scheduled("month", "2026-03-31T22:30:00Z")  # 00:30 in Berlin, where it is April
    assert [(it["slug"], it["period"]) for it in month["reports"]] == [("skipper", "2026-03")]
    week = scheduled("week", "2026-03-30T06:00:00-07:00")
    assert [(it["slug"], it["period"]) for it in week["reports"]] == [("host", "2026-W13")]
    assert (month["asked_by"], month["state"], week["state"]) == ("the schedule", "done", "done")
    asked = {"quarterdeck": "schedule", "kind": "month"}
    for detail in (asked, json.dumps(asked)):  # as EventBridge brings it
        event = {"detail-type": "Scheduled Event", "time": "2026-03-31T22:30:00Z", "id": "it", "detail": detail}
        assert handler.handler(event, CONTEXT) == {"run": month["id"]}
    company = project / "data" / "company.csv"
    company.write_text(company.read_text("utf-8").replace("Europe/Berlin", "Pacific/Honolulu"), "utf-8")
    cloud.push(project)
    first = handler.handler({**asked, "time": "2026-04-01T08:00:01Z"}, CONTEXT)["run"]  # 22:00 there, in March
    assert cloud.deliver(*cloud.receive()) == []
    assert [(it["slug"], it["period"]) for it in cloud.run(first)["reports"]] == [("skipper", "2026-03")]
    for time in ("noon", None, "0001-01-01T00:00:00+14:00"):
        with pytest.raises(QuarterdeckError, match=rf"event, time: '{re.escape(str(time))}' is no moment"):
            handler.handler({**asked, "time": time}, CONTEXT)


def test_what_failed_before_the_time_was_up_is_told_its_owner(
    cloud: Cloud, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next worker, which goes on, finds it failed already."""
    say(project, "host", "recipients: [{address: ann@example.com}, {address: ben@example.com}]\n")
    say(project, "host", "owner: chief@example.com\n")
    cloud.push(project)
    id = generate(cloud, personas=["host"], send=True)
    for _ in range(3):
        cloud.deliver(*cloud.receive())
    refuse_ann(monkeypatch)
    hurried = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 20_000})
    handler.handler({"Records": cloud.receive()}, hurried)
    assert mails(cloud.endpoint) == [{"chief@example.com"}]
    cloud.work()
    assert mails(cloud.endpoint) == [{"chief@example.com"}, {"ben@example.com"}]
    assert cloud.run(id)["reports"][0]["sent"] == 1


def test_what_is_asked_directly_is_done_as_it_says(cloud: Cloud, project: Path) -> None:
    """`"false"` mails nobody; the same id is the same run, or refused; a report that is named twice is made once."""
    cloud.push(project)

    def asked(**said: Any) -> dict[str, str]:
        return cloud.place.runs.get(handler.handler({"quarterdeck": "generate", **said}, CONTEXT)["run"])

    run = asked(personas=["host"] * 60, send="false", id="my run")
    assert (run["id"], run["send"], run["personas"], asked(id="other", send="yes")["send"]) == (
        "my-run", "", "host", "yes")  # fmt: skip
    assert asked(personas=["host"], id="my run") == run
    with pytest.raises(QuarterdeckError, match="run my-run: was asked for in other words"):
        asked(personas=["skipper"], id="my run")
    scheduled = {"quarterdeck": "schedule", "kind": "month", "time": "2026-04-01T08:00:00Z", "send": "false"}
    assert cloud.place.runs.get(handler.handler(scheduled, CONTEXT)["run"])["send"] == ""
    for wrong in ({"id": "***"}, {"send": "perhaps"}, {"personas": ["host"] * 101}):
        with pytest.raises(ValueError if "id" not in wrong else QuarterdeckError):
            asked(**wrong)


def test_mail_waits_for_approval_and_a_try_goes_to_oneself(cloud: Cloud, project: Path) -> None:
    """The captain approves and sends; the try leaves no trace among the deliveries."""
    say(project, "host", READER + "approval: true\n")
    cloud.push(project)
    id = generate(cloud, personas=["host"], send=True)
    cloud.work()
    assert cloud.run(id)["reports"][0]["why"] == "waits for approval" and not mails(cloud.endpoint)
    which = {"slug": "host", "period": "2026-03"}
    cloud.sign_in("crew@example.com", "crew", "host")
    assert cloud.post("/reports/send", {**which, "to": "readers"})[0] == 403
    assert cloud.post("/approvals", which)[0] == 403
    assert cloud.post("/reports/send", {**which, "to": "me"})[0] == 202
    cloud.work()
    assert mails(cloud.endpoint) == [{"crew@example.com"}]
    cloud.sign_in("captain@example.com", "captain", "host")
    assert cloud.get("/reports")[1]["reports"][0]["approval"] == "waiting"
    assert cloud.post("/approvals", which) == (200, {"status": "ok"})
    assert cloud.get("/reports")[1]["reports"][0]["approval"] == "approved"
    _, told = cloud.post("/reports/send", {**which, "to": "readers"})
    cloud.work()
    run = cloud.run(told["run"])
    assert (run["state"], run["reports"][0]["state"], run["reports"][0]["sent"]) == ("done", "sent", 1)
    assert mails(cloud.endpoint)[1:] == [{"ann@example.com"}]
    assert cloud.get("/reports")[1]["reports"][0]["last_sent"]
