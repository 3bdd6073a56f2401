"""Elastic Load Balancing (elbv2) as AWS has it: load balancers, listeners, rules and target groups replace moto's.

What moto 5.2.5 gets wrong, and where it is corrected:

- conditions.py, actions.py, transforms.py: what a rule may say, its defaults, how it is echoed, what stays secret
- rules.py: priorities, the default rule, reordering, the number of rules, one load balancer per target group
- target_groups.py, health.py: defaults, attributes, targets by (id, port), draining, health that the data plane sets
- balancers.py: load balancers and listeners; backend.py: tags and the lock; responses.py: pages and what moto drops

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html and botocore's service model
"""

from __future__ import annotations

import moto.elb.urls
import moto.elbv2.models
from moto.elbv2.models import elbv2_backends

from sandbox.emulator.services.elbv2.backend import Backend
from sandbox.emulator.services.elbv2.responses import Response
from sandbox.emulator.services.elbv2.target_groups import TargetGroup


def install() -> None:
    """Put the corrected classes in moto's place. State that moto already holds is dropped the first time."""
    if elbv2_backends.backend is Backend:
        return
    elbv2_backends.backend = Backend
    elbv2_backends.clear()
    moto.elbv2.models.FakeTargetGroup = TargetGroup
    moto.elb.urls.ELBV2Response = Response
