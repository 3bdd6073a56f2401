"""A warning when the other rules of a listener require a header, as behind a content delivery network."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.modules.listener_rule import MCP, NAME, Listener, host, path
from tests.integration.modules.test_elb_listener_rule_messages import PAGE, squashed

Document = dict[str, Any]

SECRET = "Zq7HeaderOfTheCdn"
CDN: Document = {"field": "http-header", "http_header_name": "X-Origin-Verify", "values": [SECRET]}
TEAM: Document = {"field": "http-header", "http_header_name": "X-Team", "values": ["a"]}
DEMO, OTHER = host("demo.quiltdata.com"), host("other.quiltdata.com")
OWNER = {"quilt:deployment": "this"}


class Forwards:
    """Rules of other owners that forward."""

    def __init__(self, listener: Listener) -> None:
        self.listener, self.group = listener, listener.group("theirs")

    def __call__(self, priority: int, *conditions: Document, **more: Any) -> None:
        self.listener.foreign(
            priority, *conditions, **{"Actions": [{"Type": "forward", "TargetGroupArn": self.group}], **more}
        )


@pytest.fixture
def forwards(listener: Listener) -> Forwards:
    return Forwards(listener)


def said(result: Document) -> list[str]:
    assert not result.get("failed"), result["msg"]
    assert SECRET not in str({name: value for name, value in result.items() if name != "calls"})
    return [text for text in result.get("warnings", []) if "requires the header" in text]


def test_it_names_the_header_and_the_input_in_each_kind_of_run(listener: Listener, forwards: Forwards) -> None:
    forwards(900, DEMO, CDN)
    forwards(910, path("/x"), CDN, TEAM)
    quiet = listener.run(check=True, on_missing_header="ignore")
    assert said(quiet) == []
    for check in (True, False, False):
        result = listener.run(check=check)
        (warning,) = said(result)
        assert "requires the header X-Origin-Verify, and this rule does not" in warning and "X-Team" not in warning
        assert squashed(warning) in squashed(PAGE)
        if check:
            assert [call.operation for call in result["calls"]] == [call.operation for call in quiet["calls"]]
    assert not result["changed"]
    assert said(listener.run(conditions=[*MCP, {**CDN, "http_header_name": "x-origin-verify"}])) == []


def test_of_the_same_hosts_or_of_all(listener: Listener, forwards: Forwards) -> None:
    forwards(900, DEMO, CDN)
    forwards(910, OTHER)
    assert said(listener.run(check=True)) == [], "one rule of the host, and another one without the header"
    forwards(920, host("*.quiltdata.com"), path("/y"), CDN)
    assert len(said(listener.run(check=True))) == 1, "both rules of the host"
    forwards(930, DEMO, path("/open"))
    assert said(listener.run(check=True)) == [], "one of the host is reached without the header already"


def test_of_all_where_no_rule_has_the_host(listener: Listener, forwards: Forwards) -> None:
    forwards(900, OTHER, CDN)
    assert said(listener.run(check=True)) == [], "one other rule is no pattern"
    forwards(910, host("third.quiltdata.com"), CDN)
    assert len(said(listener.run(check=True))) == 1
    forwards(920, host("fourth.quiltdata.com"), TEAM)
    assert said(listener.run(check=True)) == []


def test_what_does_not_count(listener: Listener, forwards: Forwards) -> None:
    """Redirects, fixed responses, rules of the same owner, and the default rule."""
    forwards(900, DEMO, CDN)
    forwards(910, DEMO, path("/x"), CDN)
    listener.foreign(920, DEMO, path("/y"))
    forwards(930, DEMO, path("/z"), tags=OWNER)
    (_warning,) = said(listener.run(require_tags=OWNER))
    (_warning,) = said(listener.run(require_tags=OWNER))
    assert said(listener.run(check=True)) == [], "without an owner all rules are of others"


def test_a_rule_that_is_hidden_first_or_left_as_it_is_says_nothing(listener: Listener, forwards: Forwards) -> None:
    forwards(900, DEMO, CDN)
    forwards(910, DEMO, path("/x"), CDN)
    hidden = [host(f"{NAME}.invalid"), MCP[1]]
    assert said(listener.run(conditions=hidden, planned_conditions=MCP)) == []
    assert len(said(listener.run(conditions=MCP, planned_conditions=MCP))) == 1
    assert said(listener.run(conditions=None)) == []
    assert said(listener.run(state="absent", conditions=None, actions=None)) == []
