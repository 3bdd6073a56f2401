# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Which writes may be sent again when their answer is lost, and that botocore sends the others once.

botocore sends every request again after a dropped connection, a timeout and a 5xx. A read may be. For each write that
the collection makes, this says why it may be, or that it may not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from .calls import NO_ANSWER, THROTTLED, LostAnswer

with suppress(ImportError):  # AnsibleAWSModule says so before any of this runs
    from botocore.exceptions import (
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
        ProxyConnectionError,
        SSLError,
    )

READS = ("BatchGet", "Describe", "Get", "List")  # how the names of operations begin that only read

_SETS = "it sets a whole value or document, the second time to the same"
_REMOVES = "what is gone already is no failure"
_TOKEN = "its token makes the second one the same request"
_EXISTS = "the second one says that it is there already, which is read and planned again, or is what was wanted"
_SAME = "the service answers the same request with what the first one made"
_TAGS = {"TagResource": _SETS, "UntagResource": _REMOVES}

# By the boto3 client's name and the operation: why it may be sent again.
REPEATABLE: Mapping[str, Mapping[str, str]] = {
    "application-autoscaling": {
        **_TAGS,
        "DeleteScalingPolicy": _REMOVES,
        "DeleteScheduledAction": _REMOVES,
        "DeregisterScalableTarget": _REMOVES,
        "PutScalingPolicy": _SETS,
        "PutScheduledAction": _SETS,
        "RegisterScalableTarget": _SETS,
    },
    "cloudwatch": {**_TAGS, "DeleteAlarms": _REMOVES, "PutMetricAlarm": _SETS},
    "ec2": {
        "AuthorizeSecurityGroupEgress": _EXISTS,
        "AuthorizeSecurityGroupIngress": _EXISTS,
        "CreateSecurityGroup": _EXISTS,
        "CreateTags": _SETS,
        "DeleteSecurityGroup": _REMOVES,
        "DeleteTags": _REMOVES,
        "RevokeSecurityGroupEgress": _REMOVES,
        "RevokeSecurityGroupIngress": _REMOVES,
        "UpdateSecurityGroupRuleDescriptionsEgress": _SETS,
        "UpdateSecurityGroupRuleDescriptionsIngress": _SETS,
    },
    "ecr": {
        **_TAGS,
        "BatchDeleteImage": _REMOVES,
        "CreateRepository": _EXISTS,
        "DeleteLifecyclePolicy": _REMOVES,
        "DeleteRepository": _REMOVES,
        "DeleteRepositoryPolicy": _REMOVES,
        "PutImage": _EXISTS,
        "PutImageScanningConfiguration": _SETS,
        "PutImageTagMutability": _SETS,
        "PutLifecyclePolicy": _SETS,
        "SetRepositoryPolicy": _SETS,
    },
    "ecs": {
        **_TAGS,
        "CreateService": _TOKEN,
        "DeleteService": _REMOVES,
        "DeregisterTaskDefinition": _REMOVES,
        "StopServiceDeployment": "the second one says that it has ended or stops, which is what was wanted",
    },
    "elbv2": {
        "AddTags": _SETS,
        "CreateRule": _EXISTS,  # its priority is taken
        "CreateTargetGroup": _SAME,
        "DeleteRule": _REMOVES,
        "DeleteTargetGroup": _REMOVES,
        "ModifyRule": _SETS,
        "ModifyTargetGroup": _SETS,
        "ModifyTargetGroupAttributes": _SETS,
        "RemoveTags": _REMOVES,
        "SetRulePriorities": _SETS,
    },
    "iam": {
        "CreateRole": _EXISTS,
        "DeleteRole": _REMOVES,
        "DeleteRolePolicy": _REMOVES,
        "DetachRolePolicy": _REMOVES,
        "PutRolePermissionsBoundary": _SETS,
        "PutRolePolicy": _SETS,
        "TagRole": _SETS,
        "UntagRole": _REMOVES,
        "UpdateAssumeRolePolicy": _SETS,
        "UpdateRole": _SETS,
    },
    "logs": {
        **_TAGS,
        "AssociateKmsKey": _SETS,
        "CreateLogGroup": _EXISTS,
        "DeleteLogGroup": _REMOVES,
        "DeleteRetentionPolicy": _REMOVES,
        "DisassociateKmsKey": _REMOVES,
        "PutLogGroupDeletionProtection": _SETS,
        "PutRetentionPolicy": _SETS,
    },
    "ssm": {
        "AddTagsToResource": _SETS,
        "DeleteParameters": _REMOVES,
        "PutParameter": _EXISTS,  # with Overwrite it sets the same value
        "RemoveTagsFromResource": _REMOVES,
    },
    "sts": {"AssumeRole": "a second session does no harm"},
}
# The same for what is sent once: what a second one would do. An operation that is in neither table is sent once too.
ONCE: Mapping[str, Mapping[str, str]] = {
    "ecs": {
        "ContinueServiceDeployment": "it would go on at the next hook of the deployment, or fail",
        "RegisterTaskDefinition": "it would make a second revision",
        "UpdateService": "with forceNewDeployment it would begin a second deployment",
    },
}


def send_once(client: Any) -> None:
    """Have a boto3 client send a write that may not be repeated once; it raises LostAnswer when its answer is lost."""
    model = client.meta.service_model
    client.meta.events.register_first(
        f"needs-retry.{model.service_id.hyphenize()}", _judge(model.service_name), unique_id="quilt-send-once"
    )


def may_be_repeated(service: str, operation: str) -> bool:
    """Whether a request may be sent again when its answer was lost. `service` is the boto3 client's name."""
    return operation.startswith(READS) or operation in REPEATABLE.get(service, ())


def _judge(service: str) -> Callable[..., None]:
    def judge(operation: Any, response: Any, caught_exception: Exception | None, **_more: Any) -> None:
        """Called by botocore after each try, before it decides whether to try again."""
        if may_be_repeated(service, operation.name):
            return
        lost = caught_exception if caught_exception else _without_answer(response, operation.name)
        # These could not connect, so nothing was sent.
        unsent = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)
        if isinstance(lost, HTTPClientError | ClientError) and not isinstance(lost, unsent):
            raise LostAnswer(exception=lost)

    return judge


def _without_answer(response: Any, operation: str) -> Exception | None:
    """The error of a 5xx that is no throttling, which is answered before anything is done."""
    parsed: Any = response[1] if response else {}
    status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if status not in NO_ANSWER or parsed.get("Error", {}).get("Code") in THROTTLED:
        return None
    return ClientError(parsed, operation)
