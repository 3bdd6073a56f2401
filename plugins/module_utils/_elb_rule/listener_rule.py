# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: may change without notice.

"""One listener rule for the shared runner: reads, lets plan.py decide, writes, and looks again after a write.

Others write to the same listener at the same time, and no call of the service can be made conditional. So every write
that finds the world changed raises Stale, and the runner reads and plans again; and after each write that could matter
to the order the rules are read once more.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, cast

from .._core.calls import Stale
from .._core.plan import Current, Plan, Refused, refuse_foreign
from .._core.resource import Resource
from .._core.shapes import KNOWN_AFTER_APPLY, Document, InvalidParameters
from .._elb.client import describe_listener, describe_tags
from . import actions as acts
from . import client, report
from .info import balancer_arn, find_listener
from .match import conditions as conds
from .placement import Listener, find_window, lowest
from .plan import CONTROLLER_TAGS, Found, RulePlan, Snapshot, Wanted, plan_absent, plan_present
from .spelling import to_camel, without_none

WRITTEN = ("conditions", "actions", "transforms")  # what ModifyRule writes
PAUSES = (0.5, 1.0, 1.5)  # seconds; how long another run of the same name gets to resolve a double


class ListenerRule(Resource):
    """A rule that is ours because it carries the identity tag."""

    kind = "listener rule"
    service = "elbv2"
    result_key = "rule"
    identifier = "name"
    request = "CreateRule"
    fields = ("conditions", "actions", "transforms", "priority")
    beside = fields  # the parameters have their own argument spec, and their own checks
    facts = ("rule_arn", "is_default")
    attempts = 12

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self.snapshot = Snapshot()
        self._fresh: Snapshot | None = None  # what the look after a write has just read
        self._lost_races = 0
        self._adopted = False
        self._arn: str | None = None  # of the rule that this run created; no other of our name may it delete

    # Checks that need no call

    def wanted(self) -> Document:
        """Only for the runner's check that nothing is unknown; this resource plans from wanted_rule()."""
        return {name: self.params[name] for name in WRITTEN if self.params[name]}

    def validate(self) -> None:
        problems = report.unsupported(self.model, self.params)
        rule = self.wanted_rule
        problems += conds.problems(rule.conditions or ()) + acts.problems(rule.actions or ())
        problems += acts.transform_problems(rule.transforms or ())
        empty = [name for name in ("conditions", "actions") if self.params[name] == []]
        problems += [f"{name} is empty; a rule needs at least one" for name in empty]
        if rule.floor > rule.ceiling:
            problems.append(f"priority_floor {rule.floor} is above priority_ceiling {rule.ceiling}")
        for name in ("priority", "priority_floor", "priority_ceiling"):
            if self.params[name] is not None and not 1 <= self.params[name] <= 50_000:
                problems.append(f"{name} must be 1 to 50000, not {self.params[name]}")
        if acts.secret_version(rule.actions or ()) and not acts.has_secret(rule.actions or ()):
            problems.append("client_secret_version needs client_secret, which is sent when the version changes")
        if self.listener_is_known and ":listener/app/" not in self.listener_arn:
            problems.append(
                f"{self.listener_arn} is no listener of an Application Load Balancer; only those have such rules"
            )
        if problems:
            raise InvalidParameters(message=f"{self.label}: {'; '.join(problems)}")

    @cached_property
    def wanted_rule(self) -> Wanted:
        p = self.params
        given = {name: without_none(p[name]) for name in WRITTEN if p[name] is not None}
        return Wanted(
            name=self.name,
            tags={**(self.wanted_tags() or {}), p["identity_tag"]: self.name},
            conditions=conds.from_task(given["conditions"]) if "conditions" in given else None,
            actions=given.get("actions"),
            transforms=given.get("transforms"),
            priority=p["priority"],
            floor=p["priority_floor"],
            ceiling=p["priority_ceiling"],
            allow_below_floor=p["allow_below_floor"],
            warn_unreachable=p["on_unreachable"] == "warn",
            warn_shadowing=p["on_shadowing"] == "warn",
            adopt=p["adopt"],
            delegate_weights=p["delegate_weights"],
            purge_tags=p["purge_tags"] and p["tags"] is not None,
            identity=p["identity_tag"],
            required=p["require_tags"],
        )

    # Read

    @property
    def listener_is_known(self) -> bool:
        """A check on an empty account may not know the listener yet."""
        return bool(self.params["listener_arn"] != KNOWN_AFTER_APPLY)

    @cached_property
    def listener_arn(self) -> str:
        if self.params["listener_arn"]:
            return str(self.params["listener_arn"])
        return find_listener(self.client(), self.params["load_balancer"], self.params["port"])

    def read(self) -> Current | None:
        if not self.listener_is_known:
            return None
        self.snapshot, self._fresh = self._fresh or client.read(self.client(), self.listener_arn), None
        if not self.snapshot.rules and self.params["state"] == "present":  # every listener has a default rule
            raise Refused(message=f"no listener {self.listener_arn} in this account and region")
        owned = self._owned()
        if owned is None or owned.priority is None:
            return None
        current = owned.current()
        refuse_foreign(f"{self.label}, {owned.text()},", current, self.params["require_tags"])
        return current

    def _owned(self) -> Found | None:
        owned = self.snapshot.owned(self.wanted_rule.identity, self.name)
        for pause in () if self.module.check_mode else PAUSES:
            if len(owned) < 2:
                break
            time.sleep(pause)  # a run of the same name that created the second one takes it away again
            self.snapshot = client.read(self.client(), self.listener_arn)
            owned = self.snapshot.owned(self.wanted_rule.identity, self.name)
        if len(owned) > 1:
            raise Refused(
                message=f"{len(owned)} rules carry {self.wanted_rule.identity}={self.name}: "
                f"{', '.join(rule.text() for rule in owned)}; remove all but one, or the tag from them"
            )
        return owned[0] if owned else None

    # Plan

    def plan(self, current: Current | None) -> Plan:
        owned = next(iter(self.snapshot.owned(self.wanted_rule.identity, self.name)), None)
        if self.params["state"] == "absent":
            plan = plan_absent(self.wanted_rule, self.snapshot, owned)
        else:
            plan = plan_present(self.wanted_rule, self.snapshot, owned, self._pick)
        if plan.action in ("create", "update") and self.listener_is_known:
            self._refuse_unsuitable()
        if self.module.params["state"] == "present" and not self.listener_is_known:
            plan = replace(plan, after={**plan.after, "priority": KNOWN_AFTER_APPLY})
        return plan

    def _pick(self, free: Sequence[int]) -> int:
        """The best number at first; after a lost race any of the best few, so that runs do not collide for ever."""
        return random.choice(free) if self._lost_races else lowest(free)

    def _refuse_unsuitable(self) -> None:
        """What speaks against a write and takes a call to know."""
        balancer = balancer_arn(self.listener_arn)
        tags = describe_tags(self.client(), [balancer]).get(balancer, {})
        owners = [key for key in tags if key.startswith(CONTROLLER_TAGS)]
        if owners and not self.params["force"]:
            raise Refused(
                message=f"load balancer {balancer} carries {', '.join(owners)}: the AWS Load Balancer Controller of a "
                "Kubernetes cluster owns it and deletes rules that it does not know. Use an Ingress, or force=true"
            )
        secured = acts.needs_https(self.wanted_rule.actions or ())
        if secured and describe_listener(self.client(), self.listener_arn)["Protocol"] != "HTTPS":
            raise Refused(
                message=f"action {', '.join(secured)} needs an HTTPS listener; {self.listener_arn} is not one"
            )

    def predict(self, plan: Plan) -> Document:
        return dict(plan.after)

    # Write

    def apply(self, plan: Plan) -> None:
        plan = cast(RulePlan, plan)
        try:
            if plan.rotate_secret and not plan.changes:
                self.update(plan)  # nothing that can be compared, so the runner sees no reason for it
            super().apply(plan)
        except Stale as stale:
            if "PriorityInUse" in str(stale):
                self._lost_races += 1
                time.sleep(random.uniform(0, 0.2 * self._lost_races))
            raise
        if plan.action in ("create", "update"):
            self._look_again(plan)

    def create(self, plan: Plan) -> None:
        request = self._request(cast(RulePlan, plan), WRITTEN)
        self._arn = client.create(self.client(), self.listener_arn, plan.after["priority"], plan.tags_after, request)

    def update(self, plan: Plan) -> None:
        plan = cast(RulePlan, plan)
        arn = self._current_arn(plan)
        if plan.adopted:  # first of all, so that what follows happens to a rule of ours
            client.tag(self.client(), arn, plan.set_tags)
            self._adopted = True
        written = [name for name in WRITTEN if name in plan.changes or (name == "actions" and plan.rotate_secret)]

        def modify() -> None:
            if written:
                client.modify(self.client(), arn, self._request(plan, written))

        def move() -> None:
            if "priority" in plan.changes:
                client.move(self.client(), arn, plan.after["priority"])

        for write in (modify, move) if plan.modify_first else (move, modify):
            write()

    def delete(self, current: Current) -> None:
        client.delete(self.client(), current.facts["rule_arn"])

    def tag(self, current: Current, tags: Any) -> None:
        if self._adopted:
            return  # update() has done it
        client.tag(self.client(), current.facts["rule_arn"], tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        client.untag(self.client(), current.facts["rule_arn"], keys)

    def _current_arn(self, plan: Plan) -> str:
        if plan.current is None:
            raise AssertionError("the caller made sure of it")
        return str(plan.current.facts["rule_arn"])

    def _request(self, plan: RulePlan, names: Sequence[str]) -> Document:
        """The members of CreateRule or ModifyRule. An empty list means "leave", so a flag resets transforms."""
        request: Document = {}
        if "conditions" in names:
            request["Conditions"] = conds.to_service(plan.wanted["conditions"])
        if "actions" in names:
            had = [action["type"] for action in plan.before.get("actions", [])]
            keep = "authenticate-oidc" in had and not plan.rotate_secret
            request["Actions"] = [to_camel(action) for action in acts.request(plan.wanted["actions"], keep)]
        if "transforms" in names and plan.after["transforms"]:
            request["Transforms"] = [to_camel(transform) for transform in plan.after["transforms"]]
        elif "transforms" in names and plan.action == "update":
            request["ResetTransforms"] = True
        return request

    def _look_again(self, plan: RulePlan) -> None:
        """Read once more: a second rule of our name, or a foreign one that changes the window, may have come."""
        arn = self._arn or self._current_arn(plan)
        fresh = self._reread(arn, plan)
        if plan.action == "create" and self._yields(fresh, arn, plan):
            client.delete(self.client(), arn)
            self._arn = None
            raise Stale(message=f"another run of {self.label} was faster")
        ours = fresh.rule(arn)
        if ours is None or ours.priority is None:
            raise Stale(message=f"{self.label} was deleted while this run was writing it")
        if plan.placement is None:
            raise AssertionError("the caller made sure of it")
        others = fresh.others(arn)
        if plan.placement.window.holds(ours.priority) and set(others) != set(self.snapshot.others(arn)):
            window = find_window(Listener(others), ours.conditions)
            if not window.holds(ours.priority):
                raise Stale(message=f"{self.label}: another rule came at the same time and changes where it belongs")
        self._fresh = fresh

    def _reread(self, arn: str, plan: RulePlan) -> Snapshot:
        """The rules now; only the tags of rules that were not there before are asked for.

        A listing may lag behind a creation. To take that for a deletion would create the rule a second time.
        """
        known = {**{rule.arn: rule.tags for rule in self.snapshot.rules}, arn: plan.tags_after}
        for pause in PAUSES:
            fresh = client.read(self.client(), self.listener_arn, known)
            if fresh.rule(arn) is not None:
                return fresh
            time.sleep(pause)
        return client.read(self.client(), self.listener_arn, known)

    def _yields(self, fresh: Snapshot, arn: str, plan: RulePlan) -> bool:
        """Whether the rule that this run created must go, because another run of the same name created one as well.

        The one with the higher number goes at once. The other waits for that; if nothing happens, the other run ended
        before ours was there and will never know, so ours goes.
        """
        for pause in (*PAUSES, None):
            doubles = {rule.arn: rule.priority or 0 for rule in fresh.owned(self.wanted_rule.identity, self.name)}
            if set(doubles) <= {arn}:
                return False
            if arn not in doubles or doubles[arn] > min(doubles.values()) or pause is None:
                return True
            time.sleep(pause)
            fresh = self._reread(arn, plan)
        return True

    # Result

    def finish(self, plan: Plan) -> Document:
        plan = cast(RulePlan, plan)
        arn = self._arn or (plan.current.facts["rule_arn"] if plan.current else None)
        wanted_now = plan.action == "create" and self.module.check_mode
        predicted = plan.changed and self.module.check_mode
        after = plan.after or plan.before
        return {
            "rule_arn": KNOWN_AFTER_APPLY if wanted_now else arn,
            "priority": after.get("priority"),
            "placement": report.placement(plan.placement, predicted),
            "overlaps": report.overlaps(plan.placement),
        }
