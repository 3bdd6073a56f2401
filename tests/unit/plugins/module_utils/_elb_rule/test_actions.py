# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._elb_rule import actions, spelling

Document = dict[str, Any]


def forward(*groups: tuple[str, int | None], **more: Any) -> Document:
    listed = [{"target_group_arn": arn} | ({} if weight is None else {"weight": weight}) for arn, weight in groups]
    return {"type": "forward", "forward_config": {"target_groups": listed, **more}}


FIXED: Document = {"type": "fixed-response", "fixed_response_config": {"status_code": "200"}}
OIDC: Document = {"type": "authenticate-oidc", "authenticate_oidc_config": {"issuer": "i", "client_secret": "s"}}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (forward(("a", 5)), {"type": "forward", "target_group_arn": "a"}, True),
        (forward(("a", 1), ("b", 2)), forward(("b", 2), ("a", None)), True),
        (forward(("a", 1), ("b", 2)), forward(("a", 1), ("b", 3)), False),
        (forward(("a", 0), ("b", 2)), forward(("a", None), ("b", 2)), False),
        (
            forward(("a", 1), target_group_stickiness_config={"enabled": False, "duration_seconds": 5}),
            forward(("a", 1)),
            True,
        ),
        (
            forward(("a", 1), target_group_stickiness_config={"enabled": True, "duration_seconds": 5}),
            forward(("a", 1), target_group_stickiness_config={"enabled": True, "duration_seconds": 6}),
            False,
        ),
        (
            {"type": "redirect", "redirect_config": {"status_code": "HTTP_301", "port": "#{port}"}},
            {"type": "redirect", "redirect_config": {"status_code": "HTTP_301"}},
            True,
        ),
        (
            {"type": "redirect", "redirect_config": {"status_code": "HTTP_301", "query": ""}},
            {"type": "redirect", "redirect_config": {"status_code": "HTTP_301"}},
            False,
        ),
        (
            {"type": "fixed-response", "fixed_response_config": {"status_code": "200", "content_type": "text/plain"}},
            {"type": "fixed-response", "fixed_response_config": {"status_code": "200", "message_body": ""}},
            True,
        ),
        (OIDC, {"type": "authenticate-oidc", "authenticate_oidc_config": {"issuer": "i", "scope": "openid"}}, True),
    ],
)
def test_normalized(one: Document, other: Document, same: bool) -> None:
    assert (actions.normalized([one]) == actions.normalized([other])) is same


def test_order_decides() -> None:
    given = [{**FIXED, "order": 20}, {**OIDC, "order": 10}]
    assert [action["type"] for action in actions.normalized(given)] == ["authenticate-oidc", "fixed-response"]
    assert [(action["type"], action["order"]) for action in actions.request(given, keep_secret=False)] == [
        ("authenticate-oidc", 1),
        ("fixed-response", 2),
    ]


@pytest.mark.parametrize("keep", [True, False])
def test_a_secret_is_sent_or_kept_and_never_both(keep: bool) -> None:
    config = actions.request([OIDC, FIXED], keep)[0]["authenticate_oidc_config"]
    assert ("client_secret" in config, config.get("use_existing_client_secret", False)) == (not keep, keep)
    assert "client_secret" not in actions.normalized([OIDC])[0]["authenticate_oidc_config"]


def test_weights_of_somebody_else() -> None:
    wanted, existing = [forward(("a", 100), ("b", 0))], [forward(("a", 0), ("b", 100))]
    assert actions.normalized(actions.with_weights_of(wanted, existing)) == actions.normalized(existing)
    other = [forward(("a", 100), ("c", 0))]
    assert actions.normalized(actions.with_weights_of(other, existing)) == actions.normalized(other)


def test_a_single_group_is_sent_in_the_short_form() -> None:
    assert actions.request([forward(("a", 5))], False) == [{"type": "forward", "target_group_arn": "a"}]
    assert "forward_config" in actions.request([forward(("a", 5), ("b", 1))], False)[0]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([forward(*[(str(number), 1) for number in range(6)])], "at most 5"),
        ([forward(("a", 1), ("a", 2))], "twice"),
        ([{**forward(("a", 1)), "target_group_arn": "b"}], "different target groups"),
        ([forward(("a", 1), target_group_stickiness_config={"enabled": True})], "duration_seconds"),
        ([FIXED, OIDC], "the last action"),
    ],
)
def test_problems(given: list[Document], says: str) -> None:
    assert [problem for problem in actions.problems(given) if says in problem.line()]


def test_spelling_keeps_free_maps_and_what_is_empty() -> None:
    snake = {"rule_arn": "a", "redirect_config": {"query": ""}, "none": None}
    assert spelling.to_camel(snake) == {"RuleArn": "a", "RedirectConfig": {"Query": ""}}
    camel = {"AuthenticateOidcConfig": {"AuthenticationRequestExtraParams": {"login_Hint": "x"}}}
    assert spelling.to_camel(spelling.to_snake(camel)) == camel
