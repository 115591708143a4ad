"""What AWS Lambda calls: each event to what answers it."""

from __future__ import annotations

import json
import os
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from ..deliver.events import Feedback, read_events
from ..deliver.feedback import take_in
from ..deliver.sns import check_sns
from ..model.errors import QuarterdeckError
from . import Handler, api, work
from .bodies import Generate
from .log import logger
from .place import Place, settle
from .runs import run_id

_FOREIGN = object()
_ASKED = ("health", "generate", "schedule")
"""What may be asked directly, or by a rule of EventBridge."""
_QUEUE = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


@lru_cache(maxsize=1)
def place() -> Place:
    """What this environment keeps."""
    made = Place()
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        settle(made.folder)
    return made


def handler(event: Any, context: Any) -> Any:
    """Answer an event; raises ValueError for one that is none of ours."""
    found = _answer(event, context, alone=True)
    if found is _FOREIGN:
        raise ValueError("the event is none that Quarterdeck knows")
    return found


def mount(foreign: Handler) -> Handler:
    """A handler that answers what is Quarterdeck's and leaves every other event to the foreign one."""

    def mounted(event: Any, context: Any) -> Any:
        found = _answer(event, context, alone=False)
        return foreign(event, context) if found is _FOREIGN else found

    return mounted


def _answer(event: Any, context: Any, *, alone: bool) -> Any:
    """What is to be answered, or `_FOREIGN`; `alone`, nobody else has this function's routes and queues."""
    if not isinstance(event, dict):
        return _FOREIGN
    here = place()
    here.until = here.clock() + context.get_remaining_time_in_millis() / 1000
    logger.append_keys(request=context.aws_request_id)
    asked = event.get("requestContext")
    if isinstance(asked, dict) and isinstance(asked.get("http"), dict):
        found = api.answer(here, event, context, alone=alone)
        return _FOREIGN if found is None else found
    kind = (wanted := {**event, **_detail(event)}).get("quarterdeck")
    if isinstance(kind, str) and (alone or kind in _ASKED):
        return _direct(here, wanted)
    if _is_queue(here, event, alone=alone):
        return process_partial_response(event, lambda record: _record(here, record), _QUEUE, context)
    told = _feedback_in(text := json.dumps(event))
    return _take_in(here, text) if told and (alone or any(it.key for it in told)) else _FOREIGN


def _detail(event: dict[str, Any]) -> dict[str, Any]:
    """What an event of EventBridge carries, as JSON or in its text; nothing where that is no object."""
    detail = event.get("detail")
    with suppress(ValueError, RecursionError):
        detail = json.loads(detail) if isinstance(detail, str) else detail
    return detail if isinstance(detail, dict) else {}


def _direct(here: Place, event: dict[str, Any]) -> Any:
    """Answer what the schedule, a deployment or an operator asks."""
    kind = event["quarterdeck"]
    if kind == "health":
        return work.health(here)
    asked = Generate.model_validate({n: event[n] for n in ("personas", "period", "send") if n in event})
    if kind == "generate" and (run := run_id(str(event.get("id", f"direct {here.clock()}")))):
        return {"run": work.begin(here, run, "an operator", **asked.said)["id"]}
    if kind == "schedule" and event.get("kind") in ("month", "week"):
        try:
            moment = datetime.fromisoformat(str(event.get("time")))
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError) as err:
            problem = f"{str(event.get('time'))[:60]!r} is no moment"
            raise QuarterdeckError("event, time", problem, "Expected one as 2026-11-01T08:00:00Z") from err
        at = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        said = {"personas": "", "period": "", "send": asked.said["send"], "kind": event["kind"], "time": at}
        return {"run": work.begin(here, run_id(f"{event['kind']} {at}"), "the schedule", **said)["id"]}
    raise QuarterdeckError("event", f"{str(kind)[:60]!r} is unknown or lacks something", "See docs/cloud.md")


def _is_queue(here: Place, event: dict[str, Any], *, alone: bool) -> bool:
    """Whether an event is from our queue, or carries our messages or events of SES."""
    records = event.get("Records")
    if not (isinstance(records, list) and records and isinstance(records[0], dict)):
        return False
    if records[0].get("eventSource") != "aws:sqs":
        return False
    queue = here.settings.queue_url.rpartition("/")[2]
    ours = bool(queue) and records[0].get("eventSourceARN", "").rpartition(":")[2] == queue
    body = str(records[0].get("body", ""))
    return alone or ours or _is_message(body) or any(it.key for it in _feedback_in(body))


def _is_message(body: str) -> bool:
    """Whether a text is one of our messages, be it good or not."""
    with suppress(ValueError, RecursionError):
        said = json.loads(body)
        return isinstance(said, dict) and said.get("quarterdeck") in work.KINDS
    return False


def _record(here: Place, record: SQSRecord) -> None:
    """Do what a message asks; what it raises lets it come again."""
    try:
        if _feedback_in(record.body):
            _take_in(here, record.body)
        else:
            work.take(here, record.body, int(record.attributes.approximate_receive_count or 1))
    except Exception:
        logger.exception("a message failed", extra={"message_id": record.message_id})
        if _is_message(record.body):
            _come_soon(here, record)
        raise


def _come_soon(here: Place, record: SQSRecord) -> None:
    """Let our message come again in a minute: half an hour, the queue's own time, is for work whose worker died."""
    from botocore.exceptions import ClientError

    with suppress(ClientError, QuarterdeckError):  # a queue that is not ours keeps its own time
        here.client("sqs").change_message_visibility(
            QueueUrl=here.need("queue_url"), ReceiptHandle=record.receipt_handle, VisibilityTimeout=60
        )


def _feedback_in(text: str) -> list[Feedback]:
    """The events of SES that a text says it holds; none in any other."""
    with suppress(QuarterdeckError):
        return read_events(text)
    return []


def _take_in(here: Place, text: str) -> dict[str, int]:
    """Write what SES tells into the ledger; raises for what came before its mail's sender was done, to come again.

    A message of SNS is of the topic that is set and signed, or raises too.
    """
    from ..dispatch import Dispatch
    from ..standing import tell_operator

    events = read_events(text, lambda message: check_sns(message, here.settings.ses_topic))
    done = take_in(events, here.ledger, here.recipients.silence, here.clock())
    for line in done.told:
        logger.info(line)
    if done.told:
        try:
            with closing(Dispatch(here.project(), clock=here.clock)) as dispatch:
                untold = tell_operator(dispatch, done.told)
        except QuarterdeckError as err:
            untold = [f"the operator was not told. {err}"]
        for line in untold:
            logger.warning(line)
    if done.early:
        raise QuarterdeckError("feedback", "is of a mail that is being sent", "It comes again")
    return {"new": done.new, "known": done.known, "others": done.others}
