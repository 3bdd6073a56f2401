"""Nobody who asks notices a rolling deployment, a scale-in or a stopped task.

At least 50 requests per second go through the load balancer's route all the while, half of them on new connections and
half on kept ones. AWS's waits are shortened as everywhere in the sandbox; the timeouts of the server's own settings are
not.
"""

from __future__ import annotations

import time

from tests.load.load import Load, Outcome
from tests.load.stack import Sandbox, until

LEAST = 50  # requests per second
SETTLING = 2.0  # seconds of load after the last change, for what it may have broken


def proven(load: Load) -> Outcome:
    """The outcome, if it is significant: enough requests, half of each kind."""
    outcome = load.outcome
    print(outcome)
    assert outcome.rate >= LEAST, f"this machine is too slow for a significant result: {outcome}"
    assert abs(outcome.sent["new"] - outcome.sent["kept"]) <= 1
    return outcome


def targets(sandbox: Sandbox, since: int) -> set[str]:
    return {str(entry.get("target")) for entry in sandbox.answers()[since:]}


def test_a_rolling_deployment_fails_no_request(sandbox: Sandbox) -> None:
    (old,), asked = sandbox.tasks(), len(sandbox.answers())
    with sandbox.load() as load:
        sandbox.play("deploy.yml", ecs_service_environment={"QUILT_MCP_LOG_LEVEL": "warning"})
        sandbox.steady(1)
        time.sleep(SETTLING)
    assert proven(load).failures == []
    (new,) = sandbox.tasks()
    assert new["taskDefinitionArn"] != old["taskDefinitionArn"]
    assert len(targets(sandbox, asked)) == 2, "both tasks had their share"


def test_a_scale_in_fails_no_request(sandbox: Sandbox) -> None:
    sandbox.scale(2)
    asked = len(sandbox.answers())
    with sandbox.load() as load:
        time.sleep(SETTLING)
        sandbox.scale(1)
        time.sleep(SETTLING)
    assert proven(load).failures == []
    assert len(targets(sandbox, asked)) == 2, "both tasks had their share"


def test_a_stopped_task_fails_no_request(sandbox: Sandbox) -> None:
    """StopTask drains: the target leaves the group before the server is signaled to end."""
    sandbox.scale(2)
    stopped, kept = sandbox.tasks()
    with sandbox.load() as load:
        time.sleep(SETTLING)
        sandbox.client("ecs").stop_task(cluster="sales-prod", task=stopped["taskArn"])
        sandbox.steady(2)
        time.sleep(SETTLING)
    assert proven(load).failures == []
    now = {task["taskArn"] for task in sandbox.tasks()}
    assert kept["taskArn"] in now and stopped["taskArn"] not in now


def test_a_killed_task_fails_only_what_was_sent_to_it_before_ecs_noticed(sandbox: Sandbox) -> None:
    """As at AWS: a target that is gone without a word is asked until ECS deregisters it, and that is a 502 or a 504.

    These cannot be avoided: the load balancer does not repeat a request on another target. What is tested is
    that nothing else fails: no request to the other task, and none to the one that takes the dead one's place.
    """
    sandbox.scale(2)
    dead, kept = sandbox.tasks()
    address = dead["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    asked = len(sandbox.answers())
    with sandbox.load() as load:
        time.sleep(SETTLING)
        sandbox.kill(dead["taskArn"].rpartition("/")[2])
        until(lambda: dead["taskArn"] not in {task["taskArn"] for task in sandbox.tasks()}, "ECS notices the dead task")
        sandbox.steady(2)
        time.sleep(SETTLING)
    outcome = proven(load)
    assert {failure.rpartition(": ")[2] for failure in outcome.failures} <= {"502", "504"}, outcome
    answers = sandbox.answers()[asked:]
    failed = [entry for entry in answers if entry["status"] >= 500]
    assert len(failed) == len(outcome.failures)
    assert {entry["target"] for entry in failed} <= {f"{address}:8000"}
    assert len(failed) < len(answers) / 10, "ECS was slow to notice"
    assert kept["taskArn"] in {task["taskArn"] for task in sandbox.tasks()}
