"""Which target answers: weights between target groups, round robin within one."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sandbox.emulator.services.elbv2.target_groups import Target, TargetGroup


class Targets:
    """Remembers whose turn it is. Used by the balancer's one event loop, so without a lock."""

    def __init__(self) -> None:
        self._turns: defaultdict[str, int] = defaultdict(int)
        self._credit: defaultdict[tuple[str, str], float] = defaultdict(float)

    def group(self, rule_arn: str, config: dict[str, Any]) -> str | None:
        """The ARN of the target group whose turn it is by the weights of a ForwardConfig; None when all weigh 0.

        Smooth weighted round robin: exact shares, well mixed. AWS draws by chance; in the long run that is the same.
        """
        weights: dict[str, int] = {group["TargetGroupArn"]: group.get("Weight", 1) for group in config["TargetGroups"]}
        total = sum(weights.values())
        if not total:
            return None
        for arn, weight in weights.items():
            self._credit[rule_arn, arn] += weight
        chosen = max((arn for arn, weight in weights.items() if weight), key=lambda arn: self._credit[rule_arn, arn])
        self._credit[rule_arn, chosen] -= total
        return chosen

    def target(self, group: TargetGroup) -> Target | None:
        """The next healthy target; the next of all when none is healthy (AWS fails open); None without targets."""
        registered = group.registered()
        candidates = [one for one in registered if one.health and one.health.state == "healthy"] or registered
        if not candidates:
            return None
        turn = self._turns[group.arn]
        self._turns[group.arn] = turn + 1
        return candidates[turn % len(candidates)]
