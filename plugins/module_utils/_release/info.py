# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Everything about releases that an operator or a rollback asks for. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from .._autoscaling.info import scalable_targets
from .._core.clients import Clients
from .._core.problem import Problem, ending_in
from .._core.refusal import Refused
from .._core.secret_reference import parse
from .._core.shapes import Document
from .._core.tags import tags_from
from .._ecs.client import ServiceClient
from .._ecs.deployment_state import UNDONE, primary_of
from .._ecs.names import short_name
from .client import Store, current_version, definition, images, newer_revisions
from .evidence_document import latest_first, release_of
from .observation import tasks_and_targets, what_runs
from .rollback_plan import Choice, choose


def releases(client: Clients, params: Mapping[str, Any]) -> Document:
    """What the release_info module returns."""
    found = Releases(client, params).info(params["tasks"])
    last = next(iter(found["releases"]), found["running"])
    found["last_image"] = last.get("image", "")
    if params["scaling"]:
        scaling = _scaling(client, params)
        found |= {"scaling": scaling, "is_scaled": bool(scaling)}
    return found


def _scaling(client: Clients, params: Mapping[str, Any]) -> list[Document] | None:
    """The scalable targets of the service; None for a deployer without the permission to read them."""
    resource = f"service/{short_name(params['cluster'])}/{params['service_name']}"
    asked = {"service_namespace": "ecs", "resource_id": resource, "activities": 0}
    try:
        found: list[Document] = scalable_targets(client, asked)["scalable_targets"]
    except is_ansible_aws_error_code("AccessDeniedException"):
        return None
    return found


def target(client: Clients, params: Mapping[str, Any]) -> Document:
    """What the release_target module returns. Raises Refused with every reason why there can be no rollback."""
    found = Releases(client, params).target()
    problems = found["rollback"]["problems"]
    if problems:
        raise Refused(
            f"roll back {params['deployment']}",
            *ending_in(problems, "playbooks/status.yml shows what was proven"),
            problems=[problem.line() for problem in problems],
        )
    return found


class Releases:
    """The releases of one deployment. `params` are the options of release_info or of release_target."""

    def __init__(self, client: Clients, params: Mapping[str, Any]) -> None:
        self.client, self.params = client, params

    def target(self) -> Document:
        """What runs, what was verified, and where a rollback goes."""
        found = self.info(tasks=False)
        evidence = {one["release"]: one for one in found["releases"]}
        return {**found, "rollback": self._rollback(evidence, found["running"])}

    def info(self, tasks: bool) -> Document:
        """What runs and what was verified. tasks: whether the running tasks and the targets are read too."""
        store = Store(self.client("ssm"), self.params["deployment"])
        evidence = store.read()
        running = what_runs(self.client, self.params["cluster"], self.params["service_name"])
        if running:
            running["proven"] = evidence.get(running["release"], {}).get("time", "")
            running["is_own"] = self._is_own(running["task_definition_tags"])
            running["latest_revision"] = self._latest_revision(running)
            if tasks:
                running |= tasks_and_targets(self.client, self.params["cluster"], self.params["service_name"], running)
        return {"running": running, "releases": latest_first(evidence)}

    def _is_own(self, tags: dict[str, str]) -> bool:
        return all(tags.get(key) == value for key, value in self.params["own_tags"].items())

    def _latest_revision(self, running: Document) -> int:
        """The latest ACTIVE revision of the deployment; what runs when none is newer.

        Others may have revisions in its family.
        """
        family = running["task_definition_arn"].rpartition("/")[2].rpartition(":")[0]
        for arn in newer_revisions(self.client("ecs"), family, running["release"]):
            answer = definition(self.client("ecs"), arn) or {}
            if self._is_own(tags_from(answer.get("tags", []))):
                return release_of(arn)
        return int(running["release"])

    def _moved_back(self, running: Document) -> bool:
        """Whether what runs was deployed since the deployment's latest revision was registered, other than by ECS's own
        rollback.
        """
        family = running["task_definition_arn"].rpartition(":")[0]
        latest = definition(self.client("ecs"), f"{family}:{running['latest_revision']}") or {}
        registered = latest.get("taskDefinition", {}).get("registeredAt")
        calls = ServiceClient(self.client, short_name(self.params["cluster"]), self.params["service_name"])
        deployed = primary_of(calls.describe() or {}).get("createdAt")
        newest = next(iter(calls.list_records() or []), {})
        return bool(registered and deployed and deployed >= registered) and newest.get("status") not in UNDONE

    def _rollback(self, evidence: dict[int, Document], running: Document) -> Document:
        moved_back = bool(running) and self._moved_back(running)
        choice = choose(self.params["rollback_to"], evidence, running, running.get("latest_revision"), moved_back)
        problems = [*choice.problems, *self._obstacles(choice)]
        return {
            "release": choice.evidence.get("release"),
            "task_definition_arn": choice.evidence.get("task_definition_arn"),
            "image": choice.evidence.get("image"),
            "already": choice.already,
            "reason": choice.reason,
            "problems": problems,
        }

    def _obstacles(self, choice: Choice) -> list[Problem]:
        """What was proven and is gone."""
        if not choice.evidence:
            return []
        release, image = choice.evidence["release"], str(choice.evidence["image"])
        again = f"deploy its image again: playbooks/deploy.yml -e image_source=prebuilt -e image_uri={image}"
        found = []
        answer = definition(self.client("ecs"), choice.evidence["task_definition_arn"]) or {}
        status = answer.get("taskDefinition", {}).get("status", "gone")
        if status != "ACTIVE":
            name = choice.evidence["task_definition_arn"].rpartition("/")[2]
            found.append(
                Problem(
                    f"the task definition {name} of release {release} is {status}",
                    "ECS deploys only one that is ACTIVE",
                    again,
                )
            )
        if not self._has_image(image, str(choice.evidence["digest"])):
            found.append(
                Problem(
                    f"ECR no longer has the image of release {release}, {image}",
                    "no task could start",
                    "build it from its source, or choose another release",
                )
            )
        if not self.params["old_secrets"]:
            found += [
                Problem(
                    f"release {release} holds the version {pinned} of {name}, and {current} is current",
                    "what was issued since then would be refused",
                    f"{again}, which takes the current one, or go back to the old one too: "
                    "-e rollback_old_secrets=true",
                )
                for name, pinned, current in self._outdated(answer.get("taskDefinition", {}))
            ]
        return found

    def _outdated(self, task_definition: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Name, pinned version and current version of the secrets that were rotated since.

        ECS takes no version for a parameter of SSM, so that is always the current one.
        """
        containers = task_definition.get("containerDefinitions", [])
        for secret in (one for container in containers for one in container.get("secrets", [])):
            reference = parse(secret["valueFrom"])
            if reference.version_id:
                current = current_version(self.client("secretsmanager"), reference)
                if current != reference.version_id:
                    yield secret["name"], reference.version_id, current or "none"

    def _has_image(self, image: str, digest: str) -> bool:
        """Whether the repository has the image; one of another registry, or without a digest, is not looked up."""
        repository = self.params["repository"]
        if not digest or not repository or not image.partition("@")[0].endswith(f"/{repository}"):
            return True
        return bool(images(self.client("ecr"), repository, digest))
