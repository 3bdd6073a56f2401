"""What elb_listener_rule costs: the time of a decision, and the calls to AWS. `make bench` runs the first.

python -m bench.listener_rule [--no-calls]
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

ROOT = Path(__file__).parents[1]
_AnsibleCollectionFinder(paths=[str(ROOT / "collections")])._install()  # as ansible-playbook does

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.arguments import common_arguments
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import execute
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule import listener_rule, placement
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.arguments import ARGUMENTS
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.match import (
    conditions,
    dimensions,
    glob_pattern,
)
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule.snapshot import Found

FIXED = {"type": "fixed-response", "fixed_response_config": {"status_code": "200"}}
SIZES = (100, 1000, 5000)
RUNS = 9
Document = dict[str, Any]


class Module:
    """As much of AnsibleAWSModule as the runner needs."""

    check_mode = False

    def __init__(self, plane: Any, parameters: Document) -> None:
        spec = {**common_arguments(), **ARGUMENTS}
        self.params = ArgumentSpecValidator(spec).validate(parameters).validated_parameters
        self._plane = plane

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
        session: Any = boto3.session.Session()
        return session.client(service, region_name=self._plane.region, endpoint_url=self._plane.url, **keys)

    def warn(self, text: str) -> None:
        print(text, file=sys.stderr)


def condition(kind: str, *values: str) -> Document:
    return {"Field": kind, conditions.CONFIGS[kind]: {"Values": list(values)}}


def listener(size: int, hosts: int) -> list[Document]:
    """Rules as a shared balancer has them: many hosts, some paths each, limited ones, a few wildcards, a catch-all."""
    chance = random.Random(size)
    rules = []
    for number in range(1, size):
        host = f"app{chance.randrange(hosts)}.quiltdata.com"
        named = [condition("host-header", host), condition("path-pattern", f"/api/v{number}/*", f"/x{number}")]
        if number % 10 == 0:
            named.append(condition("http-request-method", "GET"))
        if number % 25 == 0:
            named = [condition("path-pattern", f"/*/shared{number}/*")]
        rules.append(named)
    rules.append([condition("host-header", "*.quiltdata.com")])
    return [
        {"RuleArn": f"arn:{number}", "Priority": str(number * 2), "Conditions": named, "IsDefault": False}
        for number, named in enumerate(rules, start=1)
    ]


ASKED = {
    "host and two paths": [
        condition("host-header", "app1.quiltdata.com"),
        condition("path-pattern", "/mcp", "/mcp/*"),
    ],
    "path on any host": [condition("path-pattern", "/mcp", "/mcp/*")],
    "everything": [condition("path-pattern", "/*")],
}


def decide(answers: list[Document], asked: list[Document]) -> placement.Placement:
    """From the service's answer to the decision, with nothing remembered from before."""
    for function in (glob_pattern._parse, glob_pattern.parse_path, glob_pattern._contains_searched):
        function.cache_clear()
    for function in (dimensions.boxes, dimensions.relation, dimensions._networks):
        function.cache_clear()
    rules = [Found.of(answer, {}).rule() for answer in answers]
    return placement.place(rules, placement.PlacementRequest(conditions.from_service(asked), warn_unreachable=True))


def decision_times() -> None:
    """The best of several runs: what the code takes, without what else the machine does."""
    print(f"{'decision of':<22}" + "".join(f"{size:>10} rules" for size in SIZES) + f"   (ms, best of {RUNS})")
    for name, asked in ASKED.items():
        cells = []
        for size in SIZES:
            answers = listener(size, hosts=max(10, size // 10))
            taken = []
            for _ in range(RUNS):
                start = time.perf_counter()
                decide(answers, asked)
                taken.append((time.perf_counter() - start) * 1000)
            cells.append(f"{min(taken):>16.1f}")
        print(f"{name:<22}" + "".join(cells))


def call_counts() -> None:
    from sandbox.emulator.control_plane import ControlPlane
    from sandbox.seed.lay import Seed
    from sandbox.seed.sales_prod import SALES_PROD

    with ControlPlane(Seed(SALES_PROD)) as plane:
        elb = Module(plane, {"name": "x", "listener_arn": "x"}).client("elbv2")
        arn = next(one["ListenerArn"] for one in _listeners(elb) if one["Protocol"] == "HTTPS")
        base: Document = {"name": "bench", "listener_arn": arn, "actions": [FIXED]}
        hosts = {"field": "host-header", "values": ["demo.quiltdata.com"]}
        rule = [hosts, {"field": "path-pattern", "values": ["/mcp", "/mcp/*"]}]
        steps: dict[str, Document] = {
            "create": {"conditions": rule},
            "no-op": {"conditions": rule},
            "modify": {"conditions": [hosts, {"field": "path-pattern", "values": ["/mcp2"]}]},
            "move": {"priority": 150},
            "absent": {"state": "absent"},
            "absent, no-op": {"state": "absent"},
        }
        for name, parameters in steps.items():
            mark = plane.mark()
            execute(listener_rule.ListenerRule(Module(plane, {**base, **parameters})))
            calls = Counter(call.operation for call in plane.calls(mark))
            print(f"{name:<15}{calls.total():>3} calls: " + ", ".join(f"{n} x {call}" for call, n in calls.items()))


def _listeners(elb: Any) -> list[Document]:
    balancer = elb.describe_load_balancers(Names=["sales-prod-alb"])["LoadBalancers"][0]["LoadBalancerArn"]
    found: list[Document] = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    return found


if __name__ == "__main__":
    decision_times()
    if "--no-calls" not in sys.argv[1:]:
        print()
        call_counts()
