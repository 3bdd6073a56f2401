# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""What AWS or botocore says of conditions that it refuses, without the values of headers and query strings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from .._elb.fingerprints import fingerprint
from .match.conditions import Condition


@contextmanager
def without_values(conditions: Iterable[Condition]) -> Iterator[None]:
    """Put fingerprints into an error that is raised here."""
    try:
        yield
    except AnsibleAWSError as error:
        values = [text for condition in conditions if condition.secret for text in condition.written_texts]
        if error.exception is not None:
            _hide(error.exception, sorted(values, key=len, reverse=True))
        raise


def _hide(error: BaseException, values: Iterable[str]) -> None:
    """In place, as a traceback shows the error too."""
    said = getattr(error, "response", {}).get("Error", {})
    for value in filter(None, values):
        whole = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE)
        shown = fingerprint(value)
        error.args = tuple(whole.sub(shown, text) if isinstance(text, str) else text for text in error.args)
        if "Message" in said:
            said["Message"] = whole.sub(shown, said["Message"])
