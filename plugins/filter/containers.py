# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Further containers of a task: what they are completed with, which secrets and repositories they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.quilt.mcp_server.plugins.module_utils._core.secret_reference import parse
from ansible_collections.quilt.mcp_server.plugins.module_utils._ecr.registry_host import home_of

from .secrets import LABEL

Document = dict[str, Any]
LOGS = "log_configuration"


def sidecars(
    containers: Sequence[Mapping[str, Any]], log_configuration: Mapping[str, Any], versions: Mapping[str, str]
) -> list[Document]:
    """Return the containers with their logs and with their secrets at one version each.

    A container without ``log_configuration`` gets the one given here; an empty one means that its output is not kept.
    An environment variable without a value is left out. ``versions`` is by the references to the secrets.
    """
    return [_completed(container, log_configuration, versions) for container in containers]


def _completed(container: Mapping[str, Any], logs: Mapping[str, Any], versions: Mapping[str, str]) -> Document:
    result: Document = {**container, LOGS: pinned_logs(container.get(LOGS, logs), versions)}
    if "environment" in container:
        result["environment"] = [pair for pair in container["environment"] or [] if pair.get("value") not in (None, "")]
    secrets = container.get("secrets") or []
    if secrets:
        result["secrets"] = _pinned(secrets, versions)
        # ECS takes no version of a parameter, so that only a label makes a new one a change.
        labels = {
            f"{LABEL}{secret['name']}": versions[secret["value_from"]]
            for secret in secrets
            if versions.get(secret["value_from"]) and parse(secret["value_from"]).is_parameter
        }
        result["docker_labels"] = {**labels, **(container.get("docker_labels") or {})}
    return result


def pinned_logs(log_configuration: Mapping[str, Any], versions: Mapping[str, str]) -> Document:
    """Return a log configuration with its secrets at one version each."""
    options = (log_configuration or {}).get("secret_options")
    return {**(log_configuration or {}), **({"secret_options": _pinned(options, versions)} if options else {})}


def _pinned(secrets: Iterable[Mapping[str, Any]], versions: Mapping[str, str]) -> list[Document]:
    return [
        {**secret, "value_from": parse(reference).pinned(versions[reference]) if versions.get(reference) else reference}
        for secret in secrets
        for reference in [str(secret["value_from"])]
    ]


def secret_references(
    containers: Sequence[Mapping[str, Any]], log_configuration: Mapping[str, Any] | None = None
) -> list[str]:
    """Return what ECS reads for the containers and for a log configuration, each reference once."""
    return list(dict.fromkeys(_references([*containers, {LOGS: log_configuration}])))


def _references(containers: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for container in containers:
        for secret in (
            *(container.get("secrets") or []),
            *((container.get(LOGS) or {}).get("secret_options") or []),
        ):
            yield str(secret["value_from"])
        registry = (container.get("repository_credentials") or {}).get("credentials_parameter")
        if registry:
            yield str(registry)


def image_repositories(containers: Iterable[Mapping[str, Any]], partition: str) -> list[str]:
    """Return the ARNs of the ECR repositories of the containers' images; images of other registries have none."""
    found = []
    for image in (str(container.get("image") or "") for container in containers):
        host, _slash, name = image.partition("/")
        home = home_of(host)
        if home:
            path = name.partition("@")[0].partition(":")[0]
            found.append(f"arn:{partition}:ecr:{home.region}:{home.account}:repository/{path}")
    return sorted(set(found))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Any]:
        return {
            "image_repositories": image_repositories,
            "pinned_logs": pinned_logs,
            "secret_references": secret_references,
            "sidecars": sidecars,
        }
