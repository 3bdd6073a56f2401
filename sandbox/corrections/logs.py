"""CloudWatch Logs. What moto 5.2.5 gets wrong:

- only the documented numbers of days are accepted as retention (moto: any number);
- a log group has a class, one of four, and tells it (moto drops it);
- a log group takes its tags with it when it is deleted (moto gives them to the next one of its name);
- AssociateKmsKey and DisassociateKmsKey exist.
"""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

from sandbox.corrections._patch import wrap

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS")


def install() -> None:
    wrap(LogsBackend, "put_retention_policy", _put_retention_policy)
    wrap(LogsBackend, "delete_log_group", _delete_log_group)
    wrap(LogsResponse, "create_log_group", _create_log_group)
    wrap(LogGroup, "to_describe_dict", _to_describe_dict)
    LogsResponse.associate_kms_key = _associate_kms_key
    LogsResponse.disassociate_kms_key = _disassociate_kms_key


def _put_retention_policy(original: Any, self: Any, log_group_name: str, retention_in_days: Any) -> Any:
    if retention_in_days not in RETENTION_DAYS:
        raise InvalidParameterException(
            constraint=f"Member must satisfy enum value set: {list(RETENTION_DAYS)}",
            parameter="retentionInDays",
            value=retention_in_days,
        )
    return original(self, log_group_name, retention_in_days)


def _delete_log_group(original: Any, self: Any, log_group_name: str) -> None:
    group = self.groups.get(log_group_name)
    original(self, log_group_name)
    self.tagger.delete_all_tags_for_resource(group.arn)


def _create_log_group(original: Any, self: Any) -> Any:
    log_class = self._get_param("logGroupClass") or CLASSES[0]
    if log_class not in CLASSES:
        constraint = f"Member must satisfy enum value set: {list(CLASSES)}"
        raise InvalidParameterException(constraint=constraint, parameter="logGroupClass", value=log_class)
    answer = original(self)
    self.logs_backend.groups[self._get_param("logGroupName")].log_group_class = log_class
    return answer


def _to_describe_dict(original: Any, self: Any) -> dict[str, Any]:
    return {**original(self), "logGroupClass": getattr(self, "log_group_class", CLASSES[0])}


def _associate_kms_key(self: Any) -> str:
    _group(self).kms_key_id = self._get_param("kmsKeyId")
    return ""


def _disassociate_kms_key(self: Any) -> str:
    _group(self).kms_key_id = None
    return ""


def _group(response: Any) -> Any:
    # A resource identifier is the group's ARN; it names what the plain name names.
    identifier = str(response._get_param("resourceIdentifier") or "").partition(":log-group:")[2]
    name = response._get_param("logGroupName") or identifier.removesuffix(":*")
    group = response.logs_backend.groups.get(name)
    if group is None:
        raise ResourceNotFoundException()
    return group
