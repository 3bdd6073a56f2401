"""A security group's name and description, and its rules' descriptions, have at most 255 characters of a small set;
a name does not begin with `sg-`, and the VPC exists (moto 5.2.5 takes any text and any VPC).

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.security_groups import SecurityGroups

from sandbox.emulator.parsed_request import parsed
from sandbox.emulator.patch import wrap

_SET = r"a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
_TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
_RULES = (
    "authorize_security_group_ingress",
    "authorize_security_group_egress",
    "update_security_group_rule_descriptions_ingress",
    "update_security_group_rule_descriptions_egress",
)


def install() -> None:
    wrap(SecurityGroups, "create_security_group", _create)
    for name in _RULES:
        wrap(SecurityGroups, name, _with_rules)


def _create(original: Any, self: Any) -> Any:
    given = _given(self)
    name, vpc = str(given.get("GroupName") or ""), given.get("VpcId")
    if name.lower().startswith("sg-"):
        raise _refused(f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.")
    for parameter, what, text in (
        ("GroupName", "name", name),
        ("GroupDescription", "description", str(given.get("Description") or "")),
    ):
        if not text.isascii():
            raise _refused(
                f"Value ({text}) for parameter {parameter} is invalid. Character sets beyond ASCII are not supported."
            )
        if not _TEXT.fullmatch(text):
            raise _refused(_words(f"security group {what}", f"{what}s"))
    if vpc and vpc not in self.ec2_backend.vpcs:
        raise EC2ClientError("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
    return original(self)


def _with_rules(original: Any, self: Any) -> Any:
    if any(not _TEXT.fullmatch(text) for text in _descriptions(_given(self))):
        raise _refused(_words("rule description", "descriptions"))
    return original(self)


def _descriptions(given: dict[str, Any]) -> Iterator[str]:
    for permission in given.get("IpPermissions") or []:
        for sources in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"):
            for source in permission.get(sources) or []:
                yield str(source.get("Description") or "")
    for described in given.get("SecurityGroupRuleDescriptions") or []:
        yield str(described.get("Description") or "")


def _given(response: Any) -> dict[str, Any]:
    request = parsed(response)
    return request.given if request else {}


def _words(what: str, plural: str) -> str:
    return f"Invalid {what}. Valid {plural} are strings less than 256 characters from the following set:  {_SET}"


def _refused(message: str) -> EC2ClientError:
    return EC2ClientError("InvalidParameterValue", message)
