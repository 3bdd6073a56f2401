from __future__ import annotations

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._logs.log_group import LogGroup

NAME = "/ecs/mcp-server-production"
OWN = {"quilt:deployment": "sales-prod"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
OTHER_KEY = "arn:aws:kms:us-east-1:123456789012:key/2"


def log_group(run_module, check=False, **parameters):
    return run_module("cloudwatch_log_group", check, log_group_name=NAME, **parameters)


def test_created_once_with_its_tags_and_retention(aws, run_module):
    created = log_group(run_module, retention_in_days=30, require_tags=OWN)
    assert created["changed"] and created["log_group"]["tags"] == OWN
    assert created["log_group"]["retention_in_days"] == 30
    assert created["log_group"]["log_group_arn"] == f"arn:aws:logs:us-east-1:123456789012:log-group:{NAME}"

    again = log_group(run_module, retention_in_days=30, require_tags=OWN)
    assert not again["changed"] and aws.writes == []
    assert again["log_group"] == created["log_group"]
    assert again["diff"]["before"] == again["diff"]["after"]


def test_check_mode_predicts_what_the_run_returns(aws, run_module):
    predicted = log_group(run_module, check=True, retention_in_days=30, tags=OWN)
    assert predicted["changed"] and aws.writes == []
    real = log_group(run_module, retention_in_days=30, tags=OWN)
    assert predicted["diff"] == real["diff"]
    assert predicted["log_group"].keys() == real["log_group"].keys()
    assert predicted["log_group"].pop("creation_time") == "known-after-apply"
    real["log_group"].pop("creation_time")
    assert predicted["log_group"] == real["log_group"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("retention_in_days", 1096), ("retention_in_days", 0)],
)
def test_a_change_is_named_in_the_diff_and_made_once(aws, run_module, parameter, value):
    log_group(run_module, retention_in_days=30, kms_key_id=KEY)
    checked = log_group(run_module, check=True, **{parameter: value})
    assert checked["changed"] and aws.writes == []
    changed = log_group(run_module, **{parameter: value})
    assert changed["changed"] and changed["diff"] == checked["diff"]
    before, after = changed["diff"]["before"], changed["diff"]["after"]
    assert {key for key in {*before, *after} if before.get(key) != after.get(key)} == {parameter}
    assert not log_group(run_module, **{parameter: value})["changed"]


def test_unset_is_left_alone(aws, run_module):
    log_group(run_module, retention_in_days=30, kms_key_id=KEY)
    result = log_group(run_module)
    assert not result["changed"]
    assert (result["log_group"]["retention_in_days"], result["log_group"]["kms_key_id"]) == (30, KEY)


@pytest.mark.parametrize(
    ("wanted", "call"),
    [
        ({"kms_key_id": OTHER_KEY}, ("associate_kms_key", {"logGroupName": NAME, "kmsKeyId": OTHER_KEY})),
        ({"kms_key_id": ""}, ("disassociate_kms_key", {"logGroupName": NAME})),
        (
            {"deletion_protection_enabled": True},
            ("put_log_group_deletion_protection", {"logGroupIdentifier": NAME, "deletionProtectionEnabled": True}),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value[0],
)
def test_calls_that_moto_does_not_know(run_module, monkeypatch, wanted, call):
    log_group(run_module, kms_key_id=KEY)
    calls = []
    client = LogGroup.client

    def recording(self, service=""):
        logs = client(self, service)
        monkeypatch.setattr(logs, call[0], lambda **arguments: calls.append((call[0], arguments)))
        return logs

    monkeypatch.setattr(LogGroup, "client", recording)
    assert log_group(run_module, **wanted)["changed"]
    assert calls == [call]


@pytest.mark.parametrize("days", [1, 2192, 2557, 2922, 3288, 3653])
def test_every_retention_of_the_service_is_accepted(run_module, days):
    assert log_group(run_module, retention_in_days=days)["log_group"]["retention_in_days"] == days


@pytest.mark.parametrize("check", [True, False])
def test_a_retention_that_the_service_would_refuse_is_refused_before_any_call(aws, run_module, check):
    result = log_group(run_module, check, retention_in_days=31)
    assert result["failed"] and "retention_in_days is 31\n" in result["msg"] and "nearest is 30" in result["msg"]
    assert aws.calls == []


def test_a_foreign_group_is_neither_changed_nor_deleted(aws, run_module):
    log_group(run_module, retention_in_days=30, tags={"quilt:deployment": "other"})
    for state in ("present", "absent"):
        for check in (True, False):
            result = log_group(run_module, check, retention_in_days=60, require_tags=OWN, state=state)
            assert result["failed"] and NAME in result["msg"] and "quilt:deployment=other" in result["msg"]
            assert aws.writes == []


def test_tags_of_others_stay_unless_purged(aws, run_module):
    log_group(run_module, tags={"theirs": "1"})
    assert log_group(run_module, tags=OWN)["log_group"]["tags"] == {"theirs": "1", **OWN}
    assert not log_group(run_module, tags={})["changed"]
    assert not log_group(run_module, require_tags=OWN, purge_tags=True)["changed"]
    purged = log_group(run_module, tags={}, require_tags=OWN, purge_tags=True)
    assert purged["log_group"]["tags"] == OWN and aws.writes == ["UntagResource"]


def test_the_class_cannot_be_changed(aws, run_module):
    log_group(run_module)
    result = log_group(run_module, log_group_class="INFREQUENT_ACCESS", retention_in_days=7)
    assert result["failed"] and "log_group_class is 'STANDARD', wanted is 'INFREQUENT_ACCESS'\n" in result["msg"]
    assert "another name; with an outage, set replace: true" in result["msg"] and aws.writes == []


def test_absent_twice(aws, run_module):
    log_group(run_module, tags=OWN)
    checked = log_group(run_module, check=True, state="absent", require_tags=OWN)
    assert checked["changed"] and aws.writes == []
    gone = log_group(run_module, state="absent", require_tags=OWN)
    assert gone["changed"] and gone["diff"]["before"]["log_group_name"] == NAME and gone["diff"]["after"] == {}
    again = log_group(run_module, state="absent", require_tags=OWN)
    assert not again["changed"] and aws.writes == []


def test_a_group_with_a_longer_name_is_not_own(aws, run_module):
    aws.client("logs").create_log_group(logGroupName=f"{NAME}-2")
    assert not log_group(run_module, state="absent")["changed"]
    assert log_group(run_module)["changed"]


def test_a_group_that_appears_between_read_and_write_is_planned_again(aws, run_module, monkeypatch):
    create = LogGroup.create

    def late(self, plan):
        aws.client("logs").create_log_group(logGroupName=NAME, tags={"theirs": "1"})
        create(self, plan)

    monkeypatch.setattr(LogGroup, "create", late)
    result = log_group(run_module, retention_in_days=30)
    assert result["changed"] and result["log_group"]["retention_in_days"] == 30
    assert result["log_group"]["tags"] == {"theirs": "1"}
