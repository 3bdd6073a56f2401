"""The sandbox's resources against the ARNs that the deployer's policy names. Conditions are not evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from sandbox.account import OWNER_TAG, Account
from sandbox.emulator.control_plane import ControlPlane
from tools import deployer_policy


class Resources:
    """The resources of a control plane, whose deployment has the names of inventories/local."""

    def __init__(self, aws: ControlPlane) -> None:
        self.aws = aws

    def unnamed(self) -> list[str]:
        """Resources of the deployment that no statement about their kind names, and kinds without a resource.

        Statements that allow the same actions are one here: each of them passes another role.
        """
        together: dict[str, list[str]] = {}
        for actions, _sid, named, _ in self._changing():
            together.setdefault(actions, []).extend(named)
        found = []
        for arn in (arn for arn, own in self._arns() if own):
            of_kind = [(actions, same) for actions, named in together.items() if (same := _of_kind(arn, named))]
            missed = [actions for actions, named in of_kind if not any(fnmatchcase(arn, one) for one in named)]
            found += [f"{actions}: {arn}" for actions in (missed if of_kind else ["nothing"])]
        return found

    def exposed(self) -> list[str]:
        """What belongs to others and could be changed, as a statement names it and asks for nothing else."""
        open_ones = [(sid, one) for _actions, sid, named, limited in self._changing() if not limited for one in named]
        foreign = [arn for arn, own in self._arns() if not own]
        return [f"{sid}: {arn}" for arn in foreign for sid, one in open_ones if one != "*" and fnmatchcase(arn, one)]

    def _changing(self) -> Iterator[tuple[str, str, list[str], bool]]:
        """Actions, Sid, patterns of ARNs, and whether there is a condition, of each statement that allows a change."""
        place = {"account": self.aws.account_id, "region": self.aws.region, "stack": "sales-prod"}
        values = deployer_policy.values_of(place)
        for part, statements in deployer_policy.source().items():
            if part != "look":
                for statement in deployer_policy.render(statements, values)["Statement"]:
                    actions = ", ".join(statement["Action"])
                    yield actions, statement["Sid"], statement["Resource"], "Condition" in statement

    def _arns(self) -> Iterator[tuple[str, bool]]:
        """Each resource's ARN and whether it carries the deployment's tag."""
        place = f"{self.aws.region}:{self.aws.account_id}"
        beginnings = {
            "sg-": f"arn:aws:ec2:{place}:security-group/sg-",
            "subnet-": f"arn:aws:ec2:{place}:subnet/subnet-",
            "rtb-": f"arn:aws:ec2:{place}:route-table/rtb-",
            "vpc-": f"arn:aws:ec2:{place}:vpc/vpc-",
            "parameter ": f"arn:aws:ssm:{place}:parameter",
            "scalable target ": f"arn:aws:application-autoscaling:{place}:scalable-target/",
        }
        for key, _document, tags in Account(self.aws.platform).read():
            arns = [key.replace(short, full, 1) for short, full in beginnings.items() if key.startswith(short)]
            yield (arns or [key])[0], OWNER_TAG in tags


def _of_kind(arn: str, patterns: list[str]) -> list[str]:
    """The patterns for the same kind of resource; roles that AWS makes for its services are another kind."""
    return [one for one in patterns if _kind(one) == _kind(arn) and "/aws-service-role/" not in one]


def _kind(arn: str) -> tuple[str, str]:
    """Service and type, as ("ecs", "service"); nothing for "*"."""
    fields = arn.split(":", 5)
    return (fields[2], re.split("[:/]", fields[5])[0]) if len(fields) == 6 else ("", "")
