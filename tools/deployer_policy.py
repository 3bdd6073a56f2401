"""Print one of the deployer's IAM policies of docs/deployer-policy.yml for an account, a region and a stack.

python tools/deployer_policy.py PART --account ID --region REGION --stack STACK [...]
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

SOURCE = Path(__file__).resolve().parents[1] / "docs" / "deployer-policy.yml"
LIMIT = 6144  # characters of a managed policy, white space not counted
# As the inventory and the roles have them; each may name those above it.
DEFAULTS = {
    "partition": "aws",
    "environment": "production",
    "name": "{stack}-mcp-server-{environment}",
    "owner": "{name}",
    "vpc": "{stack}",
    "cluster": "{stack}",
    "service": "{name}",
    "family": "quilt-mcp-server",
    "load-balancer": "{stack}-alb",
    "target-group": "{stack}-mcp-server-tg",
    "log-group": "/ecs/mcp-server-{environment}",
    "repository": "quilt-mcp-server",
}
LISTS = {
    "secret": "names of the Secrets Manager secrets; unset: {stack}/mcp-server/jwt",
    "role": "names of the tasks' IAM roles that exist already (iam_existing_*), with their paths",
    "infrastructure-role": "name of iam_existing_infrastructure_role, if it exists already, with its path",
    "vpc-id": "stack_vpc_id, the id of a VPC that another account shares",
    "boundary": "the ARN that iam_permissions_boundary has, required of every role",
    "pull-through": "names of repositories that a pull-through cache rule fills, with its prefix",
    "repository-key": "the ARN of the KMS key of the repository (ecr_kms_key)",
    "secret-key": "the ARN of the KMS key of the secret that the smoke test signs with",
}

# The part with which roles are made. Without a boundary its holder can make a role with every right of the account, and
# use it.
ROLES = "roles"

Values = Mapping[str, Sequence[str]]
Policy = dict[str, Any]


def expand(texts: Sequence[str], values: Values) -> list[str]:
    """Each text for every value of its placeholders; none for a text with a placeholder that has no value."""
    found = []
    for text in texts:
        names = sorted({name for _, name, _, _ in Formatter().parse(text) if name})
        for some in itertools.product(*(values[name] for name in names)):
            found.append(text.format(**dict(zip(names, some, strict=True))))
    return found


def render(statements: Mapping[str, Mapping[str, Any]], values: Values) -> Policy:
    """The policy of one part of the source."""
    rendered = []
    for sid, statement in statements.items():
        resources = expand(statement["Resource"], values)
        condition = {
            operator: filled
            for operator, keys in statement.get("Condition", {}).items()
            if (filled := {key: found for key, texts in keys.items() if (found := expand(texts, values))})
        }
        if resources:
            allowed = {"Sid": sid, "Effect": "Allow", "Action": statement["Action"], "Resource": resources}
            rendered.append(allowed | ({"Condition": condition} if condition else {}))
    return {"Version": "2012-10-17", "Statement": rendered}


def length(policy: Policy) -> int:
    """Its characters as AWS counts them."""
    return len(re.sub(r"\s", "", json.dumps(policy)))


def source() -> dict[str, dict[str, dict[str, Any]]]:
    """The statements by part and Sid."""
    parts: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(SOURCE.read_text())
    return parts


def actions(*parts: str) -> set[str]:
    """What these parts of the source allow, all parts when none is named."""
    return {
        action
        for part, statements in source().items()
        if part in parts or not parts
        for statement in statements.values()
        for action in statement["Action"]
    }


def values_of(given: Mapping[str, Any]) -> dict[str, list[str]]:
    """All placeholders, from the options; what is not given follows from what is."""
    single = {name: given[name] for name in ("account", "region", "stack")}
    for name, default in DEFAULTS.items():
        single[_key(name)] = given.get(_key(name)) or default.format(**single)
    # As roles/alb_rule names it.
    single["second_target_group"] = f"{single['target_group'][:30]}-b"
    listed = {_key(name): list(given.get(_key(name)) or []) for name in LISTS}
    listed["secret"] = listed["secret"] or [f"{single['stack']}/mcp-server/jwt"]
    return {name: [value] for name, value in single.items()} | listed


def _key(option: str) -> str:
    return option.replace("-", "_")


def _require_boundary(parser: argparse.ArgumentParser, options: Mapping[str, Any]) -> None:
    """End with an error where the roles could be made with every right, and nobody said that they may."""
    if options["boundary"] and options["without_boundary"]:
        parser.error("--boundary and --without-boundary were given; leave one of them out")
    if options["part"] == ROLES and not options["boundary"] and not options["without_boundary"]:
        parser.error(
            f"{ROLES} without --boundary makes its holder an administrator: a role can be made with every right, and "
            "be used by a task. Give --boundary with the ARN that iam_permissions_boundary has, or say "
            "--without-boundary"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the policy, or end with what is wrong with the options."""
    parts = source()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=list(parts))
    for name in ("account", "region", "stack"):
        parser.add_argument(f"--{name}", required=True)
    for name, default in DEFAULTS.items():
        parser.add_argument(f"--{name}", help=f"unset: {default}")
    for name, text in LISTS.items():
        parser.add_argument(f"--{name}", nargs="+", default=[], help=text)
    parser.add_argument(
        "--without-boundary",
        action="store_true",
        help=f"print {ROLES} without --boundary: whoever has it can give a role every right, and so has every right",
    )
    options = vars(parser.parse_args(arguments))
    _require_boundary(parser, options)
    values = values_of(options)
    wide = sorted(name for name, found in values.items() if any(re.search(r"[\s*?{}]", value) for value in found))
    if not re.fullmatch(r"\d{12}", options["account"]) or wide:
        parser.error(f"--account takes 12 digits; no value may have white space or any of * ? {{ }} (found in {wide})")
    policy = render(parts[options["part"]], values)
    if (found := length(policy)) > LIMIT:
        parser.error(f"the policy has {found} characters, AWS takes {LIMIT}: name fewer secrets, roles or keys at once")
    print(json.dumps(policy, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
