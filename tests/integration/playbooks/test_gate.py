"""The gate: an MCP client verifies the new tasks through the load balancer before production traffic moves."""

from __future__ import annotations

from sandbox.testing.ecs_stack import until
from tests.integration.playbooks.served_stack import NAME, World

CANARY = {
    "mcp_server_strategy": "CANARY",
    "ecs_service_canary_percent": 20,
    "ecs_service_canary_bake_time": 5,
}
LINEAR = {
    "mcp_server_strategy": "LINEAR",
    "ecs_service_linear_step_percent": 50,
    "ecs_service_linear_step_bake_time": 5,
}
HOOK = {
    "targetType": "PAUSE",
    "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
    "timeoutConfiguration": {"timeoutInMinutes": 1440, "action": "ROLLBACK"},
}
WAIT, ASK = "Ensure the service runs the task definition", "Verify the route as a client"
CONTINUE = "approve | Continue the deployment and wait until it is complete"


def moved_after_the_test(asked: list[tuple[str, bool]], old: str, new: str) -> bool:
    """Whether the new release got test requests first, then production requests, and nobody else was tested."""
    tests = [n for n, (_, test) in enumerate(asked) if test]
    assert tests and {asked[n][0] for n in tests} == {new}
    until_then = {release for release, test in asked[: tests[-1]] if not test}
    assert until_then == {old}, "production traffic moved before the smoke test was over"
    return (new, False) in asked[tests[-1] :]


def test_a_release_gets_traffic_when_it_passed_the_gate_and_else_none(world: World) -> None:
    """One scenario, because a deployment takes a while: each step begins where the last one ended.

    The gate is the same for each way to shift traffic, so each way has a step.
    """
    first = world.play("deploy.yml", release="one")
    assert first.status == 0, first.failures
    assert first.results(ASK) == [], "there is nothing that a first deployment could take traffic from"
    assert world.service["deploymentConfiguration"]["lifecycleHooks"] == [HOOK]
    proven = world.play("verify.yml", release="one")
    assert proven.status == 0, proven.failures

    second = world.play("deploy.yml", release="two", **CANARY)
    assert second.status == 0, second.failures
    assert moved_after_the_test(world.asked, "one", "two")
    (waited,), (continued,) = second.results(WAIT), second.results(CONTINUE)
    assert "paused at hook" in waited["progress"][-1] and waited["paused_hook"]
    assert continued["deployment"]["state"] == "completed"

    # What a run that died at the gate leaves behind. That nothing else is written shows a second run, too.
    world.ecs.update_service(cluster="sales-prod", service=NAME, forceNewDeployment=True)
    arn = world.service["currentServiceDeployment"]
    until(lambda: world.record(arn).get("lifecycleHookDetails"))
    resumed = world.play("deploy.yml", release="two", **CANARY)
    assert (resumed.status, resumed.writes) == (0, ["ecs:ContinueServiceDeployment"]), resumed.failures
    assert world.record(arn)["status"] == "SUCCESSFUL"

    good = world.service["taskDefinition"]
    refused = world.play("deploy.yml", release="three", broken=True, **LINEAR)
    assert refused.status != 0
    assert world.service["taskDefinition"] == good
    assert {release for release, test in world.asked if not test} == {"two"}
    assert {release for release, test in world.asked if test} == {"three"}
    message = refused.failures[-1]
    assert f"The new tasks of {NAME} did not pass the gate, and got no production traffic:" in message
    assert "expected status 200 and the server's health" in message and "out of order" in message
    assert "The deployment was rolled back; all traffic is with the tasks that ran before." in message

    back = world.play("rollback.yml", **LINEAR)
    assert back.status == 0, back.failures
    assert moved_after_the_test(world.asked, "two", "one")
    assert world.service["taskDefinition"].endswith(":1")

    empty = world.play("deploy.yml", release="four", broken=True, ecs_service_desired_count=0)
    assert (empty.status, empty.results(ASK)) == (0, []), empty.failures
    (warning,) = empty.results(WAIT)[0]["warnings"]
    assert f"{NAME} has 0 tasks, so neither a health check nor a gate has verified quilt-mcp-server:" in warning
