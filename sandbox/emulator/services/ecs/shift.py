"""How a deployment that is not ROLLING brings its traffic over: its stages, their waits, hooks and weights.

AWS facts restored here (botocore's service model, and the developer guide's "Workflow for Amazon ECS blue/green service
deployments"): green starts with all its tasks while blue runs; test traffic moves before production traffic; BLUE_GREEN
moves production at once, CANARY in two steps, LINEAR in equal ones with no wait after the last; then both run for the
bake time; then blue stops. A PAUSE hook waits for ContinueServiceDeployment or its time-out, when ECS rolls back, or
goes on if that is its action; a day and ROLLBACK unless it says so. Minutes pass at SANDBOX_SPEED. Not checked against
AWS: which stage is shown during the waits between steps, and a hook's status when the deployment ends otherwise. Lambda
hooks do not run here.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sandbox.pace import wait_of

from . import traffic

Document = dict[str, Any]

DEFAULTS: dict[str, Document] = {
    "CANARY": {"canaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}},
    "LINEAR": {"linearConfiguration": {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}},
}
HOOK_TIMEOUT = {"timeoutInMinutes": 1440, "action": "ROLLBACK"}


@dataclass(frozen=True)
class Phase:
    """One step: the weights in percent that green gets when it begins, and the minutes that it takes.

    `hook` is the stage by which hooks name it.
    """

    stage: str
    hook: str = ""
    production: float | None = None
    test: float | None = None
    minutes: float = 0
    until_scaled: bool = False


def phases(configuration: Document) -> tuple[Phase, ...]:
    """The steps of a deployment, by its deploymentConfiguration."""
    return (
        Phase("PRE_SCALE_UP"),
        Phase("SCALE_UP", until_scaled=True),
        Phase("POST_SCALE_UP"),
        Phase("TEST_TRAFFIC_SHIFT", test=100),
        Phase("POST_TEST_TRAFFIC_SHIFT"),
        *(
            Phase("PRODUCTION_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT", production=percent, minutes=minutes)
            for percent, minutes in _steps(configuration)
        ),
        Phase("POST_PRODUCTION_TRAFFIC_SHIFT"),
        Phase("BAKE_TIME", minutes=configuration.get("bakeTimeInMinutes") or 0),
        Phase("CLEAN_UP"),
    )


def _steps(configuration: Document) -> list[tuple[float, float]]:
    """Percent of production traffic, and the minutes to wait then."""
    if configuration["strategy"] == "CANARY":
        canary = configuration["canaryConfiguration"]
        first = [(canary["canaryPercent"], canary["canaryBakeTimeInMinutes"])] if canary["canaryPercent"] < 100 else []
        return [*first, (100, 0)]
    if configuration["strategy"] == "LINEAR":
        linear = configuration["linearConfiguration"]
        tenths = round(linear["stepPercent"] * 10)
        return [(n / 10, linear["stepBakeTimeInMinutes"]) for n in range(tenths, 1000, tenths)] + [(100, 0)]
    return [(100, 0)]


@dataclass
class Shift:
    """Where the traffic of one deployment is. `blue` and `green` are ARNs of target groups, empty without any."""

    phases: tuple[Phase, ...]
    blue: str = ""
    green: str = ""
    production_rule: str = ""
    test_rule: str = ""
    hooks: list[Document] = field(default_factory=list)
    production: float = 0
    test: float = 0
    _at: int = 0
    _entered: bool = False
    _acted_at: float | None = None
    _waiting: dict[str, float] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        return self._at < len(self.phases)

    @property
    def stage(self) -> str:
        return self.phases[self._at].stage if self.active else "CLEAN_UP"

    @property
    def cleans_up(self) -> bool:
        """Whether what green replaces may stop."""
        return self.stage == "CLEAN_UP"

    def end(self) -> None:
        """The deployment is over."""
        self._at = len(self.phases)

    def finish(self) -> None:
        """All traffic to green at once: for a control plane without tasks. Raises traffic.RuleGone."""
        self._move(100, 100)
        self.end()

    def back(self) -> None:
        """All traffic to blue again, as far as the rules are there; the deployment is over."""
        self.end()
        try:
            self._move(0, 0)
        except traffic.RuleGone:
            return

    def advance(self, record: Document, scaled: bool, now: Any) -> str | None:
        """Go on as far as possible. `scaled`: green has all its tasks, healthy. Returns why it must be rolled back.

        The record is the service deployment's document, `now` the time that it shows. Raises traffic.RuleGone.
        """
        while self.active:
            phase = self.phases[self._at]
            if not self._entered:
                self._enter(phase, record, now)
            if reason := self._expired(record):
                return reason
            if self._waiting:
                return None
            if self._acted_at is None:
                self._move(phase.production, phase.test)
                self._acted_at = time.monotonic()
            if phase.stage == "CLEAN_UP" or (phase.until_scaled and not scaled):
                return None
            if time.monotonic() - self._acted_at < wait_of(phase.minutes * 60):
                return None
            self._at, self._entered, self._acted_at = self._at + 1, False, None
        return None

    def answer(self, record: Document, hook_id: str) -> bool:
        """Go on after a hook; False when it does not wait."""
        if self._waiting.pop(hook_id, None) is None:
            return False
        _detail(record, hook_id)["status"] = "SUCCEEDED"
        return True

    def waits_for(self, hook_id: str) -> bool:
        """Whether the hook may be answered: not when the deployment was stopped or replaced meanwhile."""
        return self.active and hook_id in self._waiting

    def _enter(self, phase: Phase, record: Document, now: Any) -> None:
        self._entered = True
        record.update(lifecycleStage=phase.stage, updatedAt=now)
        for hook in self.hooks:
            if (phase.hook or phase.stage) in hook["lifecycleStages"]:
                limit = HOOK_TIMEOUT | (hook.get("timeoutConfiguration") or {})
                seconds = wait_of(limit["timeoutInMinutes"] * 60)
                hook_id = str(uuid.uuid4())
                self._waiting[hook_id] = time.monotonic() + seconds
                record.setdefault("lifecycleHookDetails", []).append(
                    {
                        "hookId": hook_id,
                        "targetType": "PAUSE",
                        "status": "AWAITING_ACTION",
                        "expiresAt": now + timedelta(seconds=seconds),
                        "timeoutAction": limit["action"],
                    }
                )

    def _expired(self, record: Document) -> str | None:
        for hook_id, deadline in list(self._waiting.items()):
            if time.monotonic() < deadline:
                continue
            del self._waiting[hook_id]
            detail = _detail(record, hook_id)
            detail["status"] = "TIMED_OUT"
            if detail["timeoutAction"] == "ROLLBACK":
                return f"Service deployment rolled back because lifecycle hook {hook_id} timed out."
        return None

    def _move(self, production: float | None, test: float | None) -> None:
        if production is not None:
            if self.production_rule:
                traffic.move(self.production_rule, self.blue, self.green, production)
            self.production = production
        if test is not None:
            if self.test_rule:
                traffic.move(self.test_rule, self.blue, self.green, test)
            self.test = test


def create(configuration: Document, balancers: list[Document], serving: str) -> Shift | None:
    """The shift of a new deployment, or None for a rolling one.

    balancers: the service's loadBalancers; serving: ARN of the target group of the last completed deployment, or empty:
    then the one with the greater weight in the production rule serves.
    """
    if configuration["strategy"] == "ROLLING" or not all(one.get("advancedConfiguration") for one in balancers):
        return None
    shift = Shift(phases(configuration), hooks=list(configuration.get("lifecycleHooks") or []))
    for balancer in balancers:
        advanced = balancer["advancedConfiguration"]
        groups = [balancer["targetGroupArn"], advanced["alternateTargetGroupArn"]]
        weights = traffic.weights(advanced["productionListenerRule"])
        shift.blue = serving if serving in groups else max(groups, key=lambda arn: weights.get(arn, 0))
        shift.green = next(arn for arn in groups if arn != shift.blue)
        shift.production_rule = advanced["productionListenerRule"]
        shift.test_rule = advanced.get("testListenerRule") or ""
    return shift


def _detail(record: Document, hook_id: str) -> Document:
    details: list[Document] = record["lifecycleHookDetails"]
    return next(detail for detail in details if detail["hookId"] == hook_id)
