"""Capacities, policies and scheduled actions as Application Auto Scaling understands them."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._autoscaling import scalable_target_plan as plan
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import InvalidParameters

TRACKING = "target_tracking_scaling_policy_configuration"
STEP = "step_scaling_policy_configuration"
LABEL = "app/sales-prod-alb/0123456789abcdef/targetgroup/sales-prod-mcp-server-tg/0123456789abcdef"


def requests(label):
    metric = {"predefined_metric_type": "ALBRequestCountPerTarget", **label}
    return {"policy_name": "p", TRACKING: {"target_value": 1.0, "predefined_metric_specification": metric}}


@pytest.mark.parametrize(
    ("minimum", "maximum", "wrong"),
    [
        (0, 0, ""),
        (1, 4, ""),
        (None, 4, ""),
        (2, None, ""),
        (5, 4, "min_capacity 5 is above max_capacity 4"),
        (-1, 4, "x: min_capacity is -1\n.*\nRemedy: set min_capacity to 0 or more"),
        (None, -1, "x: max_capacity is -1\n.*\nRemedy: set max_capacity to 0 or more"),
    ],
)
def test_capacities(minimum, maximum, wrong):
    if not wrong:
        plan.check_capacities("x", minimum, maximum)
        return
    with pytest.raises(InvalidParameters, match=wrong):
        plan.check_capacities("x", minimum, maximum)


@pytest.mark.parametrize("resource_id", ["", "sales-prod/web", "service/web", "service/a/b/c", "service//b"])
def test_a_resource_that_is_no_ecs_service(resource_id):
    with pytest.raises(InvalidParameters, match="service/<cluster>/<service>"):
        plan.check_resource_id(resource_id)


@pytest.mark.parametrize(
    ("configuration", "kind"), [(TRACKING, "TargetTrackingScaling"), (STEP, "StepScaling")], ids=str
)
def test_the_configuration_shows_the_type(configuration, kind):
    assert plan.typed_policy({"policy_name": "p", configuration: {"x": 1}})["policy_type"] == kind


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {TRACKING: {"x": 1}, STEP: {"x": 1}},
        {TRACKING: {"x": 1}, "policy_type": "StepScaling"},
    ],
    ids=["none", "two", "of another type"],
)
def test_a_policy_has_one_configuration_of_its_type(policy):
    with pytest.raises(
        InvalidParameters,
        match=r"policy p has the configurations .*\n.*exactly one configuration, that of its policy_type",
    ):
        plan.typed_policy({"policy_name": "p", **policy})


@pytest.mark.parametrize("label", [{"resource_label": LABEL}, {"resource_label": "known-after-apply"}], ids=str)
def test_a_resource_label(label):
    assert plan.typed_policy(requests(label))["policy_type"] == "TargetTrackingScaling"


@pytest.mark.parametrize("label", [{}, {"resource_label": "arn:aws:" + LABEL}, {"resource_label": "app/a/b"}], ids=str)
def test_requests_per_target_need_a_resource_label(label):
    with pytest.raises(InvalidParameters, match="write it as app/<load balancer>/<id>/targetgroup/"):
        plan.typed_policy(requests(label))


@pytest.mark.parametrize(
    "moment",
    [
        "2026-12-24T18:00:00Z",
        "2026-12-24T18:00:00",
        "2026-12-24T19:00:00+01:00",
        datetime.datetime(2026, 12, 24, 13, tzinfo=datetime.timezone(datetime.timedelta(hours=-5))),
    ],
    ids=str,
)
def test_times_have_one_spelling(moment):
    assert plan.in_utc({"start_time": moment})["start_time"] == "2026-12-24T18:00:00+00:00"


@pytest.mark.parametrize(
    ("action", "wrong"),
    [
        ({}, "give min_capacity, max_capacity or both"),
        ({"scalable_target_action": {"min_capacity": 3, "max_capacity": 2}}, "min_capacity 3 is above max_capacity 2"),
        ({"scalable_target_action": {"min_capacity": 3}, "end_time": "tomorrow"}, "must be ISO 8601"),
    ],
    ids=["nothing to do", "no range", "no time"],
)
def test_an_action_that_cannot_work(action, wrong):
    with pytest.raises(InvalidParameters, match=f"(?s)scheduled action night: .*{wrong}"):
        plan.checked_action({"scheduled_action_name": "night", **action})


A, B, B2 = {"n": "a", "v": 1}, {"n": "b", "v": 1}, {"n": "b", "v": 2}


@pytest.mark.parametrize(
    ("wanted", "purge", "expected"),
    [
        (None, False, [A, B]),
        (None, True, [A, B]),
        ([], False, [A, B]),
        ([], True, []),
        ([B2], False, [A, B2]),
        ([B2], True, [B2]),
    ],
)
def test_others_stay_unless_they_are_purged(wanted, purge, expected):
    assert plan.merged([B, A], wanted, "n", purge) == expected


def test_a_document_is_replaced_not_merged():
    assert plan.merged([{"n": "a", "old": 1}], [{"n": "a", "new": 2}], "n", False) == [{"n": "a", "new": 2}]


@pytest.mark.parametrize(
    ("before", "after", "gone", "written"),
    [
        ([], [A], [], [A]),
        ([A, B], [A, B2], [], [B2]),
        ([A, B], [B], ["a"], []),
        ([{"n": "a", "policy_type": "x"}], [{"n": "a", "policy_type": "y"}], ["a"], [{"n": "a", "policy_type": "y"}]),
    ],
    ids=["new", "changed", "gone", "of another type"],
)
def test_steps(before, after, gone, written):
    assert plan.steps(before, after, "n") == (gone, written)


def test_a_name_twice_is_refused():
    plan.check_unique("policies", ["a", "b"])
    with pytest.raises(InvalidParameters, match="policies: a given more than once"):
        plan.check_unique("policies", ["a", "b", "a"])


def action(name, **limits):
    return {"scheduled_action_name": name, "scalable_target_action": limits}


MORNING, CAP, NIGHT = (
    action("morning", min_capacity=2),
    action("cap", max_capacity=4),
    action("night", min_capacity=2, max_capacity=4),
)


@pytest.mark.parametrize(
    ("actions", "held"),
    [
        ([], {}),
        ([MORNING], {"min_capacity": "morning"}),
        ([CAP], {"max_capacity": "cap"}),
        ([MORNING, CAP], {"min_capacity": "morning", "max_capacity": "cap"}),
        ([NIGHT], {"min_capacity": "night", "max_capacity": "night"}),
        ([action("other", min_capacity=2, max_capacity=9)], {}),
    ],
    ids=["none", "only-min", "only-max", "one-each", "both", "not-as-it-says"],
)
def test_a_limit_is_set_by_an_action_that_names_it(actions, held):
    current = {"min_capacity": 2, "max_capacity": 4, "scheduled_actions": actions}
    assert plan.limits_set_by(current, actions) == held
    assert plan.limits_set_by(current, [action("changed", min_capacity=2)]) == {}
