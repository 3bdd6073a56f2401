# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Everything about releases that an operator or a rollback asks for. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict

from .._core.calls import aws_call
from .._core.secret_reference import CURRENT, Reference, parse
from .._core.shapes import Document
from .._ecs.client import Calls
from .._ecs.deployment_state import UNDONE, primary_of
from .._ecs.names import short_name
from .client import Store, newer_revisions
from .evidence_document import latest_first, release_of
from .observation import definition, tasks_and_targets, what_runs
from .rollback_plan import Choice, choose


class Releases:
    """The releases of one deployment. `module` is an AnsibleAWSModule with the options of release_info."""

    def __init__(self, module: Any) -> None:
        self.params = module.params
        self._module = module
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The boto3 client, made once per run."""
        if service not in self._clients:
            self._clients[service] = self._module.client(service)
        return self._clients[service]

    def info(self) -> Document:
        """The result of the module."""
        store = Store(self.client("ssm"), self.params["deployment"])
        evidence = store.read()
        running = what_runs(self.client, self.params["cluster"], self.params["service_name"])
        if running:
            running["proven"] = evidence.get(running["release"], {}).get("time", "")
            running["is_ours"] = self._is_ours(running["task_definition_tags"])
            running["latest_revision"] = self._latest_revision(running)
            if self.params["tasks"]:
                running |= tasks_and_targets(self.client, self.params["cluster"], self.params["service_name"], running)
        found = {"running": running, "releases": latest_first(evidence)}
        return {**found, "rollback": self._rollback(evidence, running)} if self.params["rollback_to"] else found

    def _is_ours(self, tags: dict[str, str]) -> bool:
        return all(tags.get(key) == value for key, value in self.params["own_tags"].items())

    def _latest_revision(self, running: Document) -> int:
        """The latest ACTIVE revision of ours; what runs when none is newer. Others may have revisions in our family."""
        family = running["task_definition_arn"].rpartition("/")[2].rpartition(":")[0]
        for arn in newer_revisions(self.client("ecs"), family, running["release"]):
            answer = definition(self.client("ecs"), arn) or {}
            if self._is_ours(boto3_tag_list_to_ansible_dict(answer.get("tags", []), "key", "value")):
                return release_of(arn)
        return int(running["release"])

    def _moved_back(self, running: Document) -> bool:
        """Whether what runs was deployed since our latest revision was registered, other than by ECS's own rollback."""
        family = running["task_definition_arn"].rpartition(":")[0]
        latest = definition(self.client("ecs"), f"{family}:{running['latest_revision']}") or {}
        registered = latest.get("taskDefinition", {}).get("registeredAt")
        calls = Calls(self.client, short_name(self.params["cluster"]), self.params["service_name"])
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

    def _obstacles(self, choice: Choice) -> list[str]:
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
            found.append(f"the task definition {name} of release {release} is {status}; {again}")
        if not self._has_image(image, str(choice.evidence["digest"])):
            found.append(
                f"ECR no longer has the image of release {release}, {image}; build it from its source, "
                "or choose another release"
            )
        if not self.params["old_secrets"]:
            found += [
                f"release {release} holds the version {pinned} of {name}, and {current} is current: what was issued "
                f"since then would be refused; {again}, which takes the current one, or go back to the old one too: "
                "-e rollback_old_secrets=true"
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
                current = _current_version(self.client("secretsmanager"), reference)
                if current != reference.version_id:
                    yield secret["name"], reference.version_id, current or "none"

    def _has_image(self, image: str, digest: str) -> bool:
        """Whether our repository has the image; one of another registry, or without a digest, is not looked up."""
        repository = self.params["repository"]
        if not digest or not repository or not image.partition("@")[0].endswith(f"/{repository}"):
            return True
        return bool(_images(self.client("ecr"), repository, digest))


@aws_call("describe secret {reference.resource}", missing=["ResourceNotFoundException"])
def _current_version(secretsmanager: Any, reference: Reference) -> str | None:
    staged: dict[str, list[str]] = secretsmanager.describe_secret(SecretId=reference.resource)["VersionIdsToStages"]
    return next((version for version, stages in staged.items() if CURRENT in stages), None)


@aws_call("find {digest} in {repository}", missing=["ImageNotFoundException", "RepositoryNotFoundException"])
def _images(ecr: Any, repository: str, digest: str) -> list[Any]:
    found: list[Any] = ecr.describe_images(repositoryName=repository, imageIds=[{"imageDigest": digest}])[
        "imageDetails"
    ]
    return found
