# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""Tags: which a resource will carry, which only AWS sets, and which say that a release was proven. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

RELEASE_TAG, DIGEST_TAG, PROVEN_TAG = "quilt:release", "quilt:digest", "quilt:proven"
RELEASE_TAGS = (RELEASE_TAG, DIGEST_TAG, PROVEN_TAG)


def tags_from(listed: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """The tags of an answer, whose services write Key or key. A tag without its key is none; no list is no tags."""
    found = {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value", "")) for tag in listed or ()}
    return {key: value for key, value in found.items() if key is not None}


def merge_tags(current: Mapping[str, str], wanted: Mapping[str, str] | None, purge: bool) -> dict[str, str]:
    """The tags a resource will carry: others' tags stay unless they are purged, reserved ones (`aws:`) always."""
    if wanted is None:
        return dict(current)
    to_set, to_unset = compare_aws_tags(dict(current), dict(wanted), purge_tags=purge)
    after = {**current, **to_set}
    # In the order in which they are given, which compare_aws_tags does not keep.
    return {key: after[key] for key in {**current, **wanted} if key in after and key not in to_unset}


def is_reserved(key: str) -> bool:
    """Whether only AWS itself sets and removes a tag: its own begin with `aws:`, in whatever case."""
    return key.lower().startswith("aws:")


def settable_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that a new resource can take over from its former self; AWS refuses a request with one of its own."""
    return {key: value for key, value in tags.items() if not is_reserved(key)}
