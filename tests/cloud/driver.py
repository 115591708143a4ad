"""What plays Lambda and SQS in the sandbox: answers an event and all that it queues; prints what it took as JSON."""

import json
import os
import resource
import sys
import time
from types import SimpleNamespace

sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
CONTEXT = SimpleNamespace(
    function_name="reports", memory_limit_in_mb=2048, aws_request_id="8b4f0f5e",
    invoked_function_arn="arn:aws:lambda:us-west-2:000000000000:function:reports",
    get_remaining_time_in_millis=lambda: 300_000,
)  # fmt: skip
ARN = "arn:aws:sqs:us-west-2:000000000000:{}"
answers, sys.stdout = sys.stdout, sys.stderr
began = time.perf_counter()
from quarterdeck.cloud.handler import handler, place  # noqa: E402

health = handler({"quarterdeck": "health"}, CONTEXT)
cold = time.perf_counter() - began
asked = handler(json.loads(sys.argv[1]), CONTEXT)
sqs, url, took = place().client("sqs"), os.environ["QUEUE_URL"], []
while got := sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, AttributeNames=["All"]).get("Messages"):
    (message,) = got
    record = {
        "messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"],
        "attributes": message["Attributes"], "messageAttributes": {}, "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs", "eventSourceARN": ARN.format(url.rpartition("/")[2]), "awsRegion": "us-west-2",
    }  # fmt: skip
    began, said = time.perf_counter(), json.loads(message["Body"])
    answer = handler({"Records": [record]}, CONTEXT)
    kind, slug = said["quarterdeck"], said.get("slug", "")
    took.append({"kind": kind, "slug": slug, "seconds": time.perf_counter() - began, "answer": answer})
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
outbox = sorted(
    path.relative_to(place().folder).as_posix() for path in place().folder.glob("project/*/outbox/**/*.eml")
)
place().close()
most = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
told = {"health": health, "cold": cold, "asked": asked, "took": took, "outbox": outbox, "megabytes": most}
print(json.dumps(told), file=answers)
