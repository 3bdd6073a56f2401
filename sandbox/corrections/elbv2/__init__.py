"""elbv2 as AWS has it. What moto 5.2.5 gets wrong, and where it is put right:

- conditions.py, actions.py, transforms.py: what a rule may say, its defaults, how it is echoed, what stays secret
- rules.py: priorities, the default rule, reordering, the number of rules, one load balancer per target group
- target_groups.py, health.py: defaults, attributes, targets by (id, port), draining, health that is decided by somebody
- balancers.py: load balancers and listeners; backend.py: tags and the lock; responses.py: pages and what moto drops
"""

from __future__ import annotations

import moto.elb.urls
import moto.elbv2.models
from moto.elbv2.models import elbv2_backends

from sandbox.corrections.elbv2.backend import Backend
from sandbox.corrections.elbv2.responses import Response
from sandbox.corrections.elbv2.target_groups import TargetGroup

__all__ = ["Backend", "backend", "install", "set_rule_quota"]


def install() -> None:
    """Put the corrected classes in moto's place. State that moto already holds is dropped the first time."""
    if elbv2_backends.backend is Backend:
        return
    elbv2_backends.backend = Backend
    elbv2_backends.clear()
    moto.elbv2.models.FakeTargetGroup = TargetGroup
    moto.elb.urls.ELBV2Response = Response


def backend(account_id: str, region: str) -> Backend:
    """The state of one account and region. Ask again for every use: a reset replaces it."""
    found: Backend = elbv2_backends[account_id][region]
    return found


def set_rule_quota(account_id: str, region: str, rules: int) -> None:
    """Change the quota "Rules per Application Load Balancer" (100), which AWS does on request; lasts until a reset."""
    backend(account_id, region).rule_quota = rules
