# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The evidence of what runs: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .._core.plan import Current, Plan, Refused, plan_present
from .._core.resource import Resource
from .._core.shapes import KNOWN_AFTER_APPLY, Document
from .._core.tags import RELEASE_TAG
from .client import Store, caller, tag_in_ecs
from .evidence_document import (
    COMPARED,
    OBSERVED,
    checks_of,
    comparable,
    ecs_tags,
    is_tagged,
    to_prune,
    to_text,
)
from .observation import what_runs


class Evidence(Resource):
    """state=present: of what runs now. state=absent: of one release, or of all of them."""

    kind = "evidence of"
    service = "ssm"
    result_key = "evidence"
    identifier = "deployment"
    request = "PutParameter"
    # Not parameters: all of it is observed, but for the URL and the checks. `kept` are the releases with evidence,
    # `tagged` whether the task definition says the same.
    fields = (*COMPARED, "tagged", "kept")
    beside = fields
    facts = ("time", "actor", "collection_version", "checks")

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self.store = Store(self.client(), self.name)
        self.running: Document = {}
        self.kept: dict[int, Document] = {}
        self.pruned: list[int] = []

    @property
    def label(self) -> str:
        release = self._release
        return f"the evidence {self.store.name(release) if release else self.store.folder}"

    @property
    def _release(self) -> int:
        """The release that the parameters are about; 0 for all of them."""
        if self.params["state"] == "absent":
            return int(self.params["release"] or 0)
        return int(self.running.get("release") or 0)

    def wanted(self) -> Document:
        return {}

    # Reading

    def read(self) -> Current | None:
        self.kept = self.store.read()
        if self.params["state"] == "absent":
            gone = [self._release] if self._release else sorted(self.kept)
            found = [release for release in gone if release in self.kept]
            # Whose they are is asked of each one when it is to go.
            return Current({"kept": sorted(self.kept)}, {}, self.params["require_tags"]) if found else None
        self.running = what_runs(self.client, self.params["cluster"], self.params["service_name"])
        tags = self.store.tags(self._release) if self._release else None
        if tags is None:
            return None
        document = self.kept.get(self._release, {})
        return Current(
            {**comparable(document), "tagged": self._is_tagged(document), "kept": sorted(self.kept)},
            {name: document.get(name) for name in self.facts},
            tags,
        )

    def _is_tagged(self, document: Document) -> bool:
        if not document:
            return False
        return is_tagged(self.running["task_definition_tags"], document)

    # Planning

    def plan(self, current: Current | None) -> Plan:
        if self.params["state"] == "absent":
            return self._plan_absent(current)
        if self.module.check_mode and self._runs_something_else():
            return self._plan_unknown()
        self._refuse_unproven()
        wanted = self._observed()
        releases = {**self.kept, self._release: {**self.kept.get(self._release, {}), "release": self._release}}
        beyond = to_prune(releases, self.params["keep"], self._release)
        self.pruned = [release for release in beyond if self._is_ours(release)]
        kept = sorted(releases.keys() - set(self.pruned))
        tags = {**(self.wanted_tags() or {}), RELEASE_TAG: str(self._release)}
        after = {**comparable(wanted), "tagged": True, "kept": kept}
        return plan_present(wanted, after, current, tags, purge_tags=False)

    def _plan_absent(self, current: Current | None) -> Plan:
        if current is None:
            return Plan("none", None)
        gone = [self._release] if self._release else sorted(self.kept)
        self.pruned = [release for release in gone if self._is_ours(release)]
        return Plan("delete", current) if self.pruned else Plan("none", current, after=current.document)

    def _runs_something_else(self) -> bool:
        """Whether what runs is not what the run before would have deployed."""
        asked = self.params["task_definition"]
        return not self.running if asked is None else self.running.get("task_definition_arn") != asked

    def _plan_unknown(self) -> Plan:
        unknown = dict.fromkeys(OBSERVED, KNOWN_AFTER_APPLY)
        document = {"url": self.params["url"], **unknown, "checks": checks_of(self.params["checks"])}
        after = {**comparable(document), "tagged": True, "kept": [*sorted(self.kept), KNOWN_AFTER_APPLY]}
        return Plan("create", None, document, after, {**(self.wanted_tags() or {}), RELEASE_TAG: KNOWN_AFTER_APPLY})

    def _refuse_unproven(self) -> None:
        """Raise Refused with every reason why what runs cannot be called proven."""
        asked, service = self.params["task_definition"], self.params["service_name"]
        runs, state = self.running.get("task_definition_arn", ""), self.running.get("rollout_state")
        reasons = []
        if not self.running:
            reasons.append(f"there is no active service {service} in cluster {self.params['cluster']}")
        elif asked not in (None, runs):
            reasons.append(f"wanted {_short(asked)}, but {_short(runs)} runs: somebody else deployed meanwhile")
        elif foreign := self._foreign_tags():
            reasons.append(f"{_short(runs)} runs, which lacks {foreign}: somebody else deployed it")
        if self.running and state not in ("COMPLETED", ""):
            reasons.append(f"the deployment of {_short(runs)} is {state}, so either release may have answered")
        failed = [str(check["name"]) for check in self.params["checks"] if check.get("ok") is False]
        if failed:
            reasons.append(f"these checks did not hold: {', '.join(failed)}")
        if not self.params["checks"]:
            reasons.append("no check was made")
        if reasons:
            raise Refused(
                message=f"No evidence is kept of {self.name}: {'; '.join(reasons)}. "
                "Look at it with playbooks/status.yml, deploy again or wait, then run playbooks/verify.yml"
            )

    def _foreign_tags(self) -> str:
        tags = self.running["task_definition_tags"]
        return ", ".join(
            f"{key}={value}" for key, value in self.params["require_tags"].items() if tags.get(key) != value
        )

    def _observed(self) -> Document:
        """The document of what runs; time and actor are written with it."""
        observed = {name: self.running[name] for name in OBSERVED}
        rule = {name: observed["rule"].get(name) for name in ("arn", "priority", "conditions")}
        return {
            "release": observed["release"],
            "time": KNOWN_AFTER_APPLY,
            "url": self.params["url"],
            **observed,
            "rule": rule,
            "checks": checks_of(self.params["checks"]),
            "actor": KNOWN_AFTER_APPLY,
            "collection_version": self.params["collection_version"],
        }

    def predict(self, plan: Plan) -> Document:
        rewritten = bool(plan.changes.keys() - {"kept"})
        if not rewritten:
            return {}
        known = {name: plan.wanted.get(name) for name in ("collection_version", "checks")}
        return {"time": KNOWN_AFTER_APPLY, "actor": KNOWN_AFTER_APPLY, **known}

    # Writing

    def create(self, plan: Plan) -> None:
        document = self._signed(plan.wanted)
        self.store.create(self._release, to_text(document), plan.tags_after)
        self._finish_writing(document)

    def update(self, plan: Plan) -> None:
        if plan.changes.keys() - {"kept"}:
            document = self._signed(plan.wanted)
            self.store.update(self._release, to_text(document))
            self._finish_writing(document)
        else:
            self.store.delete(self.pruned)

    def _signed(self, document: Document) -> Document:
        time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {**document, "time": time, "actor": caller(self.client("sts"))}

    def _finish_writing(self, document: Document) -> None:
        # Not the service: the tasks of the next release would start with its tags, and say that they are proven.
        tag_in_ecs(self.client("ecs"), self.running["task_definition_arn"], ecs_tags(document))
        self.store.delete(self.pruned)

    def _is_ours(self, release: int) -> bool:
        tags = self.store.tags(release) or {}
        return all(tags.get(key) == value for key, value in self.params["require_tags"].items())

    def delete(self, current: Current) -> None:
        self.store.delete(self.pruned)

    def tag(self, current: Current, tags: Mapping[str, str]) -> None:
        self.store.tag(self._release, tags)

    def untag(self, current: Current, keys: Sequence[str]) -> None:
        self.store.untag(self._release, keys)

    def finish(self, plan: Plan) -> Document:
        return {"pruned": self.pruned if plan.changed else []}


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
