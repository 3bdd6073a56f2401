"""Cases 27 to 31 and 44 of elb_listener_rule: concurrent deployers, and calls that fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import execute
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule import listener_rule
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.arguments import ARGUMENTS
from botocore.exceptions import ClientError

Document = dict[str, Any]
_FIXED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
FIXED = {"type": "fixed-response", "fixed_response_config": {"status_code": "200"}}


class Module:
    """As much of AnsibleAWSModule as the runner needs, without its process-wide state: one per thread."""

    def __init__(self, plane: Any, parameters: Document) -> None:
        checked = ArgumentSpecValidator({**common_arguments(), **ARGUMENTS}).validate(parameters)
        assert not checked.error_messages, checked.error_messages
        self.params = checked.validated_parameters
        self.check_mode = False
        self.warnings: list[str] = []
        self._plane = plane

    def client(self, service: str) -> Any:
        session: Any = boto3.session.Session()
        keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
        return session.client(service, region_name=self._plane.region, endpoint_url=self._plane.url, **keys)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


class Listener:
    def __init__(self, plane: Any, elb: Any, arn: str) -> None:
        self.plane, self.elb, self.arn = plane, elb, arn

    def run(self, name: str = "own", **parameters: Any) -> Document:
        given: Document = {
            "name": name,
            "listener_arn": self.arn,
            "conditions": [{"field": "path-pattern", "values": [f"/{name}"]}],
            "actions": [FIXED],
            **parameters,
        }
        result: Document = execute(listener_rule.ListenerRule(Module(self.plane, given)))
        return result

    def at_once(self, names: list[str], **parameters: Any) -> list[Document]:
        """Run for all the names, each in a thread, begun together."""
        start = threading.Barrier(len(names))

        def one(name: str) -> Document:
            start.wait()
            return self.run(name, **parameters)

        with ThreadPoolExecutor(len(names)) as pool:
            return list(pool.map(one, names))

    def foreign(self, priority: int, *paths: str, name: str = "") -> str:
        tags = {"Tags": [{"Key": "quilt:rule", "Value": name}]} if name else {}
        conditions = [{"Field": "path-pattern", "PathPatternConfig": {"Values": list(paths)}}]
        rule = self.elb.create_rule(
            ListenerArn=self.arn, Priority=priority, Conditions=conditions, Actions=[_FIXED], **tags
        )["Rules"][0]
        return str(rule["RuleArn"])

    def rules(self) -> dict[str, Document]:
        rules = self.elb.describe_rules(ListenerArn=self.arn)["Rules"]
        return {rule["RuleArn"]: rule for rule in rules if not rule["IsDefault"]}

    def owned(self, name: str = "own") -> list[str]:
        arns = list(self.rules())
        tags = [
            one
            for start in range(0, len(arns), 20)
            for one in self.elb.describe_tags(ResourceArns=arns[start : start + 20])["TagDescriptions"]
        ]
        return [one["ResourceArn"] for one in tags if {"Key": "quilt:rule", "Value": name} in one["Tags"]]

    def before(self, operation: str, callback: Callable[[], Any], times: int = 1) -> None:
        """Let another deployer act between the module's read and this write."""
        self.plane.faults.add("elbv2", operation, "before", callback=callback, times=times)


@pytest.fixture
def listener(aws: Any, client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setattr(listener_rule, "PAUSES", (0.05, 0.1, 0.2))
    elb, ec2 = client("elbv2"), client("ec2")
    by_zone = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]}
    balancer = elb.create_load_balancer(Name="shared", Subnets=list(by_zone.values()))["LoadBalancers"][0]
    arn = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[_FIXED]
    )["Listeners"][0]["ListenerArn"]
    yield Listener(aws, elb, arn)


def test_27_twenty_runs_of_different_names_make_twenty_rules(listener: Listener) -> None:
    foreign = listener.foreign(105, "/foreign")
    names = [f"run-{number}" for number in range(20)]
    results = listener.at_once(names)
    assert all(result["changed"] for result in results)
    assert len({result["priority"] for result in results}) == 20 and len(listener.rules()) == 21
    assert [result["rule_arn"] for result in results] == [listener.owned(name)[0] for name in names]
    assert listener.rules()[foreign]["Priority"] == "105"
    assert not any(listener.run(name)["changed"] for name in names[:3])


def test_29_twenty_runs_of_one_name_make_one_rule(listener: Listener) -> None:
    results = listener.at_once(["own"] * 20)
    assert len(listener.rules()) == 1
    assert {result["rule_arn"] for result in results} == set(listener.owned())


def test_27_the_number_is_taken_between_read_and_write(listener: Listener) -> None:
    taken = iter(range(100, 104))
    listener.before("CreateRule", lambda: listener.foreign(next(taken), "/foreign"), times=4)
    result = listener.run()
    assert result["changed"] and 101 <= result["priority"] <= 120 and len(listener.owned()) == 1


def test_27_a_hopeless_race_ends_with_the_cause(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_rule.ListenerRule, "attempts", 3)
    listener.plane.faults.add("elbv2", "CreateRule", "error", code="PriorityInUse", status=400, times=None)
    with pytest.raises(Exception, match=r"create a listener rule with priority .*PriorityInUse"):
        listener.run()
    assert not listener.rules()


def test_28_a_lost_reply_of_the_create(listener: Listener) -> None:
    listener.plane.faults.add("elbv2", "CreateRule", "lost_reply")
    result = listener.run()
    assert result["changed"] and listener.owned() == [result["rule_arn"]] and result["priority"] == 100


@pytest.mark.parametrize("theirs", [90, 150], ids=["theirs-first", "own-first"])
def test_29_another_run_of_the_name_created_one_meanwhile(listener: Listener, theirs: int) -> None:
    """The other run has ended, so this one goes, whichever number is lower; and the other's rule is what stays."""
    made: list[str] = []
    listener.before("CreateRule", lambda: made.append(listener.foreign(theirs, "/own", name="own")))
    result = listener.run()
    assert listener.owned() == made and result["rule_arn"] == made[0] and result["changed"]


def test_29_the_other_run_gives_way(listener: Listener) -> None:
    """It has the higher number, so it is the one that goes while this one waits."""
    made: list[str] = []
    listener.before("CreateRule", lambda: made.append(listener.foreign(150, "/own", name="own")))
    reads = iter(range(99))

    def give_way() -> None:
        if next(reads) == 2:
            listener.elb.delete_rule(RuleArn=made[0])

    listener.before("DescribeRules", give_way, times=9)
    result = listener.run()
    assert result["priority"] == 100 and listener.owned() == [result["rule_arn"]]


def test_30_a_broad_rule_appears_right_after_the_create(listener: Listener) -> None:
    listener.before("CreateRule", lambda: listener.foreign(50, "/*"))
    with pytest.raises(Exception, match="allow_below_floor=true, which takes 49"):
        listener.run()
    result = listener.run(allow_below_floor=True)
    assert result["priority"] == 49 and len(listener.owned()) == 1


def test_30_the_rule_is_moved_ahead_of_the_new_one(listener: Listener) -> None:
    """A number below the new rule becomes free while the rule is created, so it moves there; no other rule does."""
    in_the_way = [listener.foreign(99, "/x"), listener.foreign(100, "/y")]
    broad: list[str] = []

    def come() -> None:
        for arn in in_the_way:
            listener.elb.delete_rule(RuleArn=arn)
        broad.append(listener.foreign(100, "/*"))

    listener.before("CreateRule", come)
    result = listener.run(priority_floor=99)
    assert result["priority"] == 99 and listener.rules()[broad[0]]["Priority"] == "100"
    assert "SetRulePriorities" in [call.operation for call in listener.plane.calls()]


def test_31_the_rule_is_gone_when_it_is_modified(listener: Listener) -> None:
    arn = listener.run()["rule_arn"]
    listener.before("ModifyRule", lambda: listener.elb.delete_rule(RuleArn=arn))
    result = listener.run(conditions=[{"field": "path-pattern", "values": ["/new"]}])
    assert result["changed"] and result["rule_arn"] != arn and listener.owned() == [result["rule_arn"]]


def test_31_a_rule_that_is_gone_when_it_is_deleted(listener: Listener) -> None:
    arn = listener.run()["rule_arn"]
    listener.before("DeleteRule", lambda: listener.elb.delete_rule(RuleArn=arn))
    assert listener.run(state="absent")["changed"] and not listener.rules()


FAULTS = [("throttle", "Throttling"), ("throttle", "ThrottlingException"), ("lost_reply", None)]


@pytest.mark.parametrize(("kind", "code"), FAULTS, ids=["Throttling", "ThrottlingException", "lost-reply"])
@pytest.mark.parametrize(
    "operation",
    ["DescribeRules", "DescribeTags", "CreateRule", "ModifyRule", "SetRulePriorities", "AddTags", "DeleteRule"],
)
def test_44_every_call_may_go_wrong_once(listener: Listener, operation: str, kind: Any, code: str | None) -> None:
    """The end state is the wanted one, and no foreign rule is changed."""
    foreign = {listener.foreign(number, f"/{number}") for number in (100, 300)}
    before = {arn: rule for arn, rule in listener.rules().items() if arn in foreign}
    conditions = [{"field": "path-pattern", "values": ["/new"]}]
    if operation not in ("CreateRule",):
        listener.run(priority=200)
    listener.plane.faults.add("elbv2", operation, kind, code=code, status=400)
    if operation == "DeleteRule":
        assert listener.run(state="absent")["changed"] and not listener.owned()
    else:
        result = listener.run(priority=250, conditions=conditions, tags={"a": "b"})
        assert result["changed"] and result["priority"] == 250
        (own,) = listener.owned()
        rule = listener.rules()[own]
        assert rule["Priority"] == "250" and rule["Conditions"][0]["Values"] == ["/new"]
        assert not listener.run(priority=250, conditions=conditions, tags={"a": "b"})["changed"]
    assert {arn: rule for arn, rule in listener.rules().items() if arn in foreign} == before


def test_44_a_failure_half_way_is_finished_by_the_next_run(listener: Listener) -> None:
    listener.run(priority=200)
    listener.plane.faults.add("elbv2", "ModifyRule", "error", code="AccessDenied", status=403)
    conditions = [{"field": "path-pattern", "values": ["/new"]}]
    with pytest.raises(Exception, match=r"modify listener rule .*elasticloadbalancing"):
        listener.run(priority=250, conditions=conditions)
    assert listener.run(priority=250, conditions=conditions)["changed"]
    assert not listener.run(priority=250, conditions=conditions)["changed"]


def test_44_a_foreign_rule_is_deleted_between_the_two_reads(listener: Listener) -> None:
    arn = listener.foreign(300, "/x")
    listener.before("DescribeTags", lambda: listener.elb.delete_rule(RuleArn=arn))
    assert listener.run()["changed"] and len(listener.rules()) == 1


def test_30_a_pinned_rule_is_not_moved_but_reported(listener: Listener) -> None:
    listener.before("CreateRule", lambda: listener.foreign(50, "/*"))
    with pytest.raises(Exception, match=r"priority 60 is behind rule .*priority 50"):
        listener.run(priority=60)


def test_a_foreign_rule_is_never_written(listener: Listener) -> None:
    """A deployer of another name in all states, with races, next to rules of others that stay as they are."""
    foreign = [listener.foreign(number, f"/f{number}") for number in (99, 100, 102, 50_000)]
    before = {arn: rule for arn, rule in listener.rules().items() if arn in foreign}
    listener.run()
    listener.run(priority=101)
    listener.run(conditions=[{"field": "path-pattern", "values": ["/other"]}])
    with pytest.raises(Exception, match="taken"):
        listener.run(priority=102)
    listener.run(state="absent")
    assert listener.rules() == before


def test_27_the_number_is_taken_between_read_and_move(listener: Listener) -> None:
    arn = listener.run(priority=300)["rule_arn"]
    listener.foreign(200, "/*")
    listener.before("SetRulePriorities", lambda: listener.foreign(100, "/foreign"))
    result = listener.run()
    assert result["rule_arn"] == arn and 101 <= result["priority"] <= 116


def test_30_a_broad_rule_appears_while_the_rule_is_modified(listener: Listener) -> None:
    arn = listener.run(priority=300)["rule_arn"]
    listener.before("ModifyRule", lambda: listener.foreign(200, "/*"))
    result = listener.run(conditions=[{"field": "path-pattern", "values": ["/new"]}])
    assert result["rule_arn"] == arn and result["priority"] == 100


def test_30_a_narrow_rule_that_the_rule_would_silence_appears_during_the_create(listener: Listener) -> None:
    """The managed rule moves behind it, so that the new rule keeps its requests."""
    listener.before("CreateRule", lambda: listener.foreign(400, "/own"))
    broad = [{"field": "path-pattern", "values": ["/o*"]}]
    assert listener.run(conditions=broad)["priority"] == 401


def test_31_the_rule_is_gone_at_every_write_to_it(listener: Listener) -> None:
    """TargetDeployment is created again with all that was wanted, and nobody else's is taken for it."""
    foreign = listener.foreign(300, "/x")
    for operation in ("ModifyRule", "SetRulePriorities", "AddTags", "RemoveTags"):
        arn = listener.run(priority=200, tags={"a": "1"})["rule_arn"]
        tags = {"tags": {"b": "2"}, "purge_tags": True}
        listener.before(operation, lambda arn=arn: listener.elb.delete_rule(RuleArn=arn))
        conditions = [{"field": "path-pattern", "values": ["/new"]}]
        result = listener.run(priority=250, conditions=conditions, **tags)
        assert result["rule_arn"] != arn and listener.owned() == [result["rule_arn"]], operation
        assert result["rule"]["tags"] == {"quilt:rule": "own", "b": "2"} and result["priority"] == 250
        listener.run(state="absent")
        assert list(listener.rules()) == [foreign]


def test_the_service_itself_refuses_what_the_module_assumes_it_refuses(listener: Listener) -> None:
    listener.foreign(100, "/x")
    with pytest.raises(ClientError, match="PriorityInUse"):
        listener.foreign(100, "/y")
