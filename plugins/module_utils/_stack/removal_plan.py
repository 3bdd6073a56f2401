# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What the removal of a deployment needs of the stack, which may be gone already. Pure."""

from __future__ import annotations

from .plan import Resolution, unreadable
from .records import Records, Wanted


def resolve_removal(wanted: Wanted, records: Records) -> Resolution:
    """The listener, in `stack`; when it is gone an empty ARN, and a warning.

    What could not be read is a problem all the same: the deployment's rule may be there.
    """
    out = Resolution()
    identity = records.identity
    out.stack.update(account_id=identity.account_id, partition=identity.partition, region=wanted.region)
    what = f"listener on port {wanted.listener_port} of load balancer {wanted.load_balancer_name!r}"
    blind = [
        unreadable(topic, what, f"elasticloadbalancing:{permission}", records, out)
        for topic, permission in (("load_balancers", "DescribeLoadBalancers"), ("listeners", "DescribeListeners"))
    ]
    arns = [listener.arn for listener in records.listeners if listener.port == wanted.listener_port]
    out.stack.update(load_balancer_name=wanted.load_balancer_name, listener_arn=next(iter(arns), ""))
    if not arns and not any(blind):
        names = f"{wanted.option('load_balancer_name')} or {wanted.option('listener_port')}"
        out.warnings.append(
            f"there is no {what}, so its rules are gone with it, and none is taken away; "
            f"if it has another name or port now, correct {names} and run again"
        )
    return out
