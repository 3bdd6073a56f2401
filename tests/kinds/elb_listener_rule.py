"""The listener rule of an Application Load Balancer, on a listener of its own."""

from __future__ import annotations

from tests.integration.modules.listener_rule import NAME, fixed, host, path, shared_listener
from tests.kinds import Kind

KIND = Kind(
    module="elb_listener_rule",
    creation="CreateRule",
    identity={"name": NAME},
    prepare=lambda client: {"listener_arn": shared_listener(client)[1]},
    full={"conditions": [host("demo.quiltdata.com"), path("/mcp", "/mcp/*")], "actions": [fixed()]},
    changes={"conditions": [path("/other")], "actions": [fixed("404")], "priority": 7},
    required=("listener_arn",),
    # AWS says each condition in both of its forms, and gives each action its order.
    unpredictable=frozenset({"rule_arn", "is_default", "conditions", "actions"}),
    own_tags={"quilt:rule": NAME},
    tag=lambda elbv2, rule, tags: elbv2.add_tags(
        ResourceArns=[rule["rule_arn"]], Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    ),
    replace=None,
    conflict=None,
    different={
        # The short form of a condition names the header next to its values; http_header_config is made of it.
        "conditions": frozenset({"http_header_name"}),
        # No API gives a secret back: the module leaves it alone until client_secret_version differs.
        "actions.authenticate_oidc_config": frozenset({"client_secret_version", "use_existing_client_secret"}),
    },
    exempt={
        "test_every_field": "it plans from conditions and actions that it spells itself, "
        "see tests/unit/plugins/module_utils/_elb_rule",
    },
)
