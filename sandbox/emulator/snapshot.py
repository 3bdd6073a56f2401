"""The state of all of moto's backends, saved and restored: seeding takes half a second, this some milliseconds."""

from __future__ import annotations

import copy
import threading
from typing import Any

from moto.core.base_backend import BackendDict
from moto.iam.models import AWSManagedPolicy
from moto.s3.models import s3_backends
from moto.ssm.models import ParameterDict

_LOCKS = (type(threading.Lock()), type(threading.RLock()))


def _copy_parameters(parameters: Any, memo: dict[int, Any]) -> Any:
    """SSM's parameters. A defaultdict whose constructor takes other arguments cannot be copied by itself."""
    twin = ParameterDict(parameters.account_id, parameters.region_name)
    memo[id(parameters)] = twin
    twin.update(copy.deepcopy(dict(parameters), memo))
    vars(twin).update(vars(parameters))
    return twin


ParameterDict.__deepcopy__ = _copy_parameters


class Snapshot:
    """A deep copy of every backend's attributes.

    The backends themselves stay the same objects, because they refer to each other; so do locks, and AWS's own IAM
    policies, of which only the number of attachments changes.
    """

    def __init__(self) -> None:
        """Copy what is there now."""
        self._places = [
            (service, account_id, region, backend)
            for service in BackendDict._instances
            for account_id, regions in service.items()
            for region, backend in regions.items()
        ]
        self._kept: dict[int, Any] = {}
        for *_, backend in self._places:
            self._keep(backend)
        self._attachments = [
            (found, found.attachment_count) for found in self._kept.values() if isinstance(found, AWSManagedPolicy)
        ]
        self._contents = self._copy([vars(backend) for *_, backend in self._places])
        self._bucket_accounts = dict(s3_backends.bucket_accounts)

    def restore(self) -> None:
        """Replace all backends by what was there when the snapshot was taken."""
        clear()
        contents = self._copy(self._contents)
        for (service, account_id, region, backend), attributes in zip(self._places, contents, strict=True):
            vars(backend).clear()
            vars(backend).update(attributes)
            dict.__setitem__(service[account_id], region, backend)
        s3_backends.bucket_accounts.update(self._bucket_accounts)
        for policy, count in self._attachments:
            policy.attachment_count = count

    def _keep(self, backend: Any) -> None:
        """Remember what is shared between the copies."""
        shared = [value for value in vars(backend).values() if isinstance(value, _LOCKS)]
        for found in (backend, *shared, *vars(backend).get("aws_managed_policies", ())):
            self._kept[id(found)] = found

    def _copy(self, contents: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return copy.deepcopy(contents, dict(self._kept))


def clear() -> None:
    """Discard all accounts. BackendDict.reset() would also build every backend again, only to discard it."""
    for service in list(BackendDict._instances):
        service.clear()
    BackendDict._instances.clear()
    # Bucket names are global, and so is moto's index of them.
    s3_backends.bucket_accounts.clear()
