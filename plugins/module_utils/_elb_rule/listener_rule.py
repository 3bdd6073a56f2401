# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""One listener rule: reads, lets plan.py decide, writes, and looks again after a write.

Others write to the same listener at the same time, and no call of the service can be made conditional. So every write
that finds a concurrent change raises Stale, and the rules are read and planned again; and after each write that could
matter to the order the rules are read once more.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .._core.calls import Stale
from .._core.plan import Current, Reading, is_foreign, refuse_foreign
from .._core.problem import Problem
from .._core.reconciler import Reconciler, Run
from .._core.refusal import InvalidParameters, Refused
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .._elb.client import describe_listener
from .._elb.run_snapshot import keep_snapshot
from . import actions as acts
from . import client, report, required_headers
from .aws_errors import without_values
from .invocation import take_parameters
from .listener import FoundListener, find_listener, no_listener
from .match import conditions as conds
from .match.condition_values import value_problems
from .match.conditions import Condition
from .placement import Listener, Pick, Window, find_window, lowest
from .plan import CONTROLLER_TAGS, RulePlan, Wanted, has_shifted, plan_absent, plan_present, refuse_unplaceable
from .snapshot import Found, Snapshot
from .spelling import to_camel, without_none

WRITTEN = ("conditions", "actions", "transforms")  # what ModifyRule writes
PAUSES = (0.5, 1.0, 1.5)  # seconds; how long another run of the same name gets to resolve a double


@dataclass(frozen=True)
class RuleReading(Reading):
    """The rules of a listener, which of them carry the identity tag, and what else the decision depends on."""

    listener_arn: str
    snapshot: Snapshot = field(default_factory=Snapshot)
    owned: tuple[Found, ...] = ()
    protocol: str = ""  # of the listener; only read for an action that needs HTTPS
    pick: Pick = lowest

    @property
    def is_known(self) -> bool:
        """A check on an empty account may not know the listener yet."""
        return self.listener_arn != KNOWN_AFTER_APPLY


@dataclass(frozen=True)
class RuleWritten:
    """The rule that was written, and the rules of its listener after that."""

    arn: str
    snapshot: Snapshot


RuleRun = Run[RuleReading, RulePlan]


class ListenerRule(Reconciler[RuleReading, RulePlan]):
    """The rule that carries the identity tag."""

    kind = "listener rule"
    service = "elbv2"
    result_key = "rule"
    identifier = "name"
    fields = ("conditions", "actions", "transforms", "priority")
    computed = ("rule_arn", "is_default")
    attempts = 12

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self.params = take_parameters(module)

    # Checks that need no call

    def check_parameters(self) -> None:
        self.refuse_unknown({name: self.params[name] for name in WRITTEN if self.params[name]})
        problems = report.unsupported(self.model, self.params)
        rule = self.wanted_rule
        problems += conds.problems(rule.conditions or ()) + acts.problems(rule.actions or ())
        problems += [problem for condition in rule.conditions or () for problem in value_problems(condition)]
        planned = [problem for condition in self.planned_conditions for problem in value_problems(condition)]
        problems += [
            problem.at("planned_conditions") for problem in (*conds.problems(self.planned_conditions), *planned)
        ]
        problems += acts.transform_problems(rule.transforms or ())
        empty = [name for name in ("conditions", "actions") if self.params[name] == []]
        problems += [
            Problem(f"{name} is empty", "a rule needs at least one", f"fill {name}, or leave it out") for name in empty
        ]
        problems += self._wrong_numbers()
        if acts.secret_version(rule.actions or ()) and not acts.has_secret(rule.actions or ()):
            problems.append(
                Problem(
                    "client_secret_version is given without client_secret",
                    "the secret is sent when its version changes",
                    "give client_secret too",
                )
            )
        arn = self.params["listener_arn"]
        if arn not in (None, KNOWN_AFTER_APPLY) and ":listener/app/" not in arn:
            problems.append(
                Problem(
                    f"{arn} is no listener of an Application Load Balancer",
                    "only those have such rules",
                    "give the ARN of such a listener",
                )
            )
        if problems:
            raise InvalidParameters(*problems, label=self.label)

    def _wrong_numbers(self) -> list[Problem]:
        floor, ceiling = self.wanted_rule.floor, self.wanted_rule.ceiling
        problems = [
            Problem(f"{name} is {self.params[name]}", "ELB numbers rules from 1 to 50000", f"set {name} to 1 to 50000")
            for name in ("priority", "priority_floor", "priority_ceiling")
            if self.params[name] is not None and not 1 <= self.params[name] <= 50_000
        ]
        if floor > ceiling:
            problems.append(
                Problem(
                    f"priority_floor {floor} is above priority_ceiling {ceiling}",
                    "there is no number between them",
                    "lower priority_floor, or raise priority_ceiling",
                )
            )
        return problems

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
            keep_shifted=p["keep_shifted"],
            purge_tags=p["purge_tags"] and p["tags"] is not None,
            identity=p["identity_tag"],
            required=p["require_tags"],
        )

    @cached_property
    def planned_conditions(self) -> tuple[Condition, ...]:
        return conds.from_task(without_none(self.params["planned_conditions"] or []))

    # Read

    def read(self, lost: Sequence[Stale]) -> RuleReading:
        races = [stale for stale in lost if "PriorityInUse" in str(stale)]
        if races and lost[-1] is races[-1]:
            time.sleep(random.uniform(0, 0.2 * len(races)))
        listener = self._listener()
        arn = listener.arn
        if arn == KNOWN_AFTER_APPLY:
            return RuleReading(None, arn)
        snapshot, owned = self._owned(arn)
        if self.params["state"] == "present":
            asked = (*(self.wanted_rule.conditions or ()), *self.planned_conditions)
            snapshot = replace(snapshot, space=client.address_space(self.client(), snapshot, listener, asked))
        alone = owned[0] if len(owned) == 1 and owned[0].priority is not None else None
        secured = acts.needs_https(self.wanted_rule.actions or ()) if self.params["state"] == "present" else []
        return RuleReading(
            current=alone.current() if alone else None,
            listener_arn=arn,
            snapshot=snapshot,
            owned=owned,
            protocol=describe_listener(self.client(), arn)["Protocol"] if secured and snapshot.rules else "",
            # The best number at first; after a lost race any of the best few, so that runs do not collide forever.
            pick=random.choice if races else lowest,
        )

    def _listener(self) -> FoundListener:
        given = self.params["listener_arn"]
        if given:
            return FoundListener(given)
        return find_listener(self.client(), self.params["load_balancer"], self.params["port"])

    def _owned(self, listener_arn: str) -> tuple[Snapshot, tuple[Found, ...]]:
        """The rules, and those that carry the identity tag."""
        snapshot = client.read(self.client(), listener_arn)
        owned = snapshot.owned(self.wanted_rule.identity, self.name)
        for pause in () if self.module.check_mode else PAUSES:
            if len(owned) < 2:
                break
            time.sleep(pause)  # a run of the same name that created the second one takes it away again
            snapshot = client.read(self.client(), listener_arn)
            owned = snapshot.owned(self.wanted_rule.identity, self.name)
        return snapshot, tuple(owned)

    # Plan

    def plan(self, reading: RuleReading) -> RulePlan:
        owned = self._only_owned(reading)
        if self.params["state"] == "absent":
            return plan_absent(self.wanted_rule, reading.snapshot, owned)
        if reading.is_known and not reading.snapshot.rules:  # every listener has a default rule
            raise no_listener(f"change {self.label}", reading.listener_arn)
        plan = plan_present(self.wanted_rule, reading.snapshot, owned, reading.pick)
        if self.planned_conditions:
            refuse_unplaceable(self.wanted_rule, self.planned_conditions, reading.snapshot, owned)
        plan = replace(plan, warnings=(*plan.warnings, *self._missing_headers(reading, owned)))
        if not reading.is_known:
            return replace(plan, after={**plan.after, "priority": KNOWN_AFTER_APPLY})
        if plan.changed:
            self._refuse_unsuitable(reading)
        return plan

    def _missing_headers(self, reading: RuleReading, owned: Found | None) -> list[str]:
        """A warning, for the conditions that the rule has in the end: a run that hides it gives others first."""
        given = self.wanted_rule.conditions
        if self.params["on_missing_header"] == "ignore" or given is None:
            return []
        if self.planned_conditions and not conds.same(self.planned_conditions, given):
            return []
        arn = owned.arn if owned else None
        names = required_headers.missing_headers(given, reading.snapshot, arn, self.params["require_tags"])
        return required_headers.warnings(names)

    def _only_owned(self, reading: RuleReading) -> Found | None:
        """The managed rule, if there is one. Raises Refused if there are several, or if it is another deployment's."""
        owned = reading.owned
        what = f"{'delete' if self.params['state'] == 'absent' else 'change'} {self.label}"
        if len(owned) > 1:
            raise Refused(
                what,
                Problem(
                    f"{len(owned)} rules carry {self.wanted_rule.identity}={self.name}: "
                    f"{', '.join(rule.text() for rule in owned)}",
                    "the tag is to name one rule",
                    "remove all but one, or the tag from them",
                ),
            )
        required = self.params["require_tags"]
        if self.params["state"] == "absent" and self.params["leave_foreign"] and is_foreign(reading.current, required):
            return None
        for rule in owned:
            refuse_foreign(what, reading.current, required, rule.text())
        return owned[0] if owned else None

    def _refuse_unsuitable(self, reading: RuleReading) -> None:
        """What speaks against any write to this listener."""
        owners = [key for key in reading.snapshot.balancer_tags if key.startswith(CONTROLLER_TAGS)]
        if owners and not self.params["force"]:
            raise Refused(
                f"change {self.label}",
                Problem(
                    f"load balancer {reading.snapshot.balancer} carries {', '.join(owners)}",
                    "the AWS Load Balancer Controller of a Kubernetes cluster owns it and deletes rules that it does "
                    "not know",
                    "use an Ingress, or set force=true",
                ),
            )
        secured = acts.needs_https(self.wanted_rule.actions or ())
        if secured and reading.protocol != "HTTPS":
            raise Refused(
                f"change {self.label}",
                Problem(
                    f"{reading.listener_arn} is a listener for {reading.protocol}",
                    f"action {', '.join(secured)} needs HTTPS",
                    "use an HTTPS listener, or another action",
                ),
            )

    def predict(self, plan: RulePlan) -> Document:
        return dict(plan.after)

    # Write

    def before_apply(self, run: RuleRun) -> None:
        reading, required = run.reading, self.params["require_tags"]
        rules = {reading.listener_arn: [rule.answer for rule in reading.snapshot.rules]}
        keep_snapshot(self.client(), reading.snapshot.balancer, required, self.params["foreign_snapshot"], rules)

    def apply(self, run: RuleRun) -> RuleWritten | None:
        plan = run.plan
        if plan.placement is None:  # that of a deletion
            if plan.current is not None:
                client.delete(self.client(), plan.current.computed["rule_arn"])
            return None
        with without_values(plan.wanted["conditions"]):
            arn = self._create(run) if plan.current is None else self._update(plan, plan.current)
        return RuleWritten(arn, self._look_again(run, arn, plan.placement.window))

    def _create(self, run: RuleRun) -> str:
        plan = run.plan
        request = self._request(plan, WRITTEN)
        return client.create(self.client(), run.reading.listener_arn, plan.after["priority"], plan.tags_after, request)

    def _update(self, plan: RulePlan, current: Current) -> str:
        arn = str(current.computed["rule_arn"])
        if plan.adopted:  # first of all, so that what follows happens to a rule with the tag
            client.tag(self.client(), arn, plan.set_tags)
        # A new secret is nothing that can be compared, so it is no change.
        written = [name for name in WRITTEN if name in plan.written or (name == "actions" and plan.rotate_secret)]

        def modify() -> None:
            if written:
                client.modify(self.client(), arn, self._request(plan, written))

        def move() -> None:
            if "priority" in plan.changes:
                client.move(self.client(), arn, plan.after["priority"])

        for write in (modify, move) if plan.modify_first else (move, modify):
            write()
        if plan.set_tags and not plan.adopted:
            client.tag(self.client(), arn, plan.set_tags)
        if plan.unset_tags:
            client.untag(self.client(), arn, plan.unset_tags)
        return arn

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

    def _look_again(self, run: RuleRun, arn: str, window: Window) -> Snapshot:
        """Read once more: a second rule of the same name, or a foreign one that changes the window, may have come."""
        fresh = self._reread(run, arn)
        if run.plan.action == "create" and self._yields(run, fresh, arn):
            client.delete(self.client(), arn)
            raise Stale(message=f"another run of {self.label} was faster")
        managed = fresh.rule(arn)
        if managed is None or managed.priority is None:
            raise Stale(message=f"{self.label} was deleted while this run was writing it")
        others = fresh.others(arn)
        if window.holds(managed.priority) and set(others) != set(run.reading.snapshot.others(arn)):
            window = find_window(Listener(others, run.reading.snapshot.space), managed.conditions)
            if not window.holds(managed.priority):
                raise Stale(message=f"{self.label}: another rule came at the same time and changes where it belongs")
        return fresh

    def _reread(self, run: RuleRun, arn: str) -> Snapshot:
        """The rules now; only the tags of rules that were not there before are asked for.

        A listing may lag behind a creation. To take that for a deletion would create the rule a second time.
        """
        before = run.reading.snapshot
        known = {rule.arn: rule.tags for rule in before.rules}
        known |= {before.balancer: before.balancer_tags, arn: run.plan.tags_after}
        for pause in PAUSES:
            fresh = client.read(self.client(), run.reading.listener_arn, known)
            if fresh.rule(arn) is not None:
                return fresh
            time.sleep(pause)
        return client.read(self.client(), run.reading.listener_arn, known)

    def _yields(self, run: RuleRun, fresh: Snapshot, arn: str) -> bool:
        """Whether the rule that this run created must go, because another run of the same name created one as well.

        The one with the higher number goes at once. The other waits for that; if nothing happens, the other run ended
        before this rule was there and will never know, so this one goes.
        """
        for pause in (*PAUSES, None):
            doubles = {rule.arn: rule.priority or 0 for rule in fresh.owned(self.wanted_rule.identity, self.name)}
            if set(doubles) <= {arn}:
                return False
            if arn not in doubles or doubles[arn] > min(doubles.values()) or pause is None:
                return True
            time.sleep(pause)
            fresh = self._reread(run, arn)
        return True

    # Result

    def read_back(self, run: RuleRun) -> Current | None:
        """From the look after the write, which is as fresh as another one would be."""
        written: RuleWritten = run.written
        found = written.snapshot.rule(written.arn)
        return found.current() if found else None

    def after_apply(self, run: RuleRun) -> Document:
        plan, written = run.plan, run.written
        arn = written.arn if written else plan.computed.get("rule_arn")
        wanted_now = plan.action == "create" and self.module.check_mode
        predicted = plan.changed and self.module.check_mode
        after = plan.after or plan.before
        return {
            "rule_arn": KNOWN_AFTER_APPLY if wanted_now else arn,
            "priority": after.get("priority"),
            "placement": report.placement(plan.placement, predicted),
            "overlaps": report.overlaps(plan.placement),
            "has_shifted": has_shifted(run.reading.snapshot, plan.current, self.params["require_tags"]),
        }
