from __future__ import annotations

import json

import pytest
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import InvalidParameters
from ansible_collections.quilt.mcp_server.plugins.module_utils._release.evidence_document import (
    checks_of,
    comparable,
    digest_of,
    ecs_tags,
    from_text,
    is_tagged,
    latest_first,
    release_of,
    to_prune,
    to_text,
    versions_of,
)

SECRET = "arn:aws:secretsmanager:us-east-1:1:secret:jwt-AbCdEf"
VERSION = "5f0f6a5e-0a3c-4d0e-9d33-1b7f0c1d2e3f"
DIGEST = "sha256:" + "0" * 64


def proven(release, time="2026-11-22T10:00:00Z", **more):
    return {"release": release, "time": time, "digest": DIGEST, "checks": [], **more}


@pytest.mark.parametrize(
    ("reference", "labels", "version"),
    [
        pytest.param(f"{SECRET}:::{VERSION}", {}, VERSION, id="a pinned version"),
        pytest.param(f"{SECRET}:key::{VERSION}", {}, VERSION, id="a pinned version of one key"),
        pytest.param(SECRET, {}, "", id="not pinned"),
        pytest.param(f"{SECRET}:key:AWSCURRENT:", {}, "", id="a stage is no version"),
        pytest.param("arn:aws:ssm:us-east-1:1:parameter/jwt", {"quilt.secret.KEYS": "7"}, "7", id="a label shows"),
        pytest.param("jwt", {"quilt.secret.OTHER": "7"}, "", id="another one's label"),
    ],
)
def test_the_version_of_a_secret(reference, labels, version):
    container = {"secrets": [{"name": "KEYS", "valueFrom": reference}], "dockerLabels": labels}
    assert versions_of(container) == {"KEYS": version}


@pytest.mark.parametrize(
    ("image", "digest"), [(f"r/i@{DIGEST}", DIGEST), (f"r/i:1@{DIGEST}", DIGEST), ("r/i:1", ""), ("process:x", "")]
)
def test_the_digest_of_an_image(image, digest):
    assert digest_of(image) == digest


def test_the_number_of_a_release():
    assert release_of("arn:aws:ecs:us-east-1:1:task-definition/quilt-mcp-server:12") == 12
    assert release_of("quilt-mcp-server") == 0


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"time": "2026-11-23T10:00:00Z"}, True),
        ({"actor": "arn:aws:iam::1:user/b"}, True),
        ({"collection_version": "2.0.0"}, True),
        ({"checks": [{"name": "health", "ok": True, "seconds": 9}]}, True),
        (
            {"checks": [{"name": "health", "ok": True, "seconds": 1}, {"name": "tools", "ok": True, "seconds": 1}]},
            False,
        ),
        ({"deployment_id": "ecs-svc/2"}, False),
        ({"rule": {"arn": "rule", "priority": 103}}, False),
        ({"secrets": {"KEYS": "8"}}, False),
        ({"url": "https://b/mcp"}, False),
    ],
)
def test_what_makes_it_other_evidence(change, same):
    before = proven(
        12,
        actor="arn:aws:iam::1:user/a",
        collection_version="1.0.0",
        deployment_id="ecs-svc/1",
        url="https://a/mcp",
        rule={"arn": "rule", "priority": 102},
        secrets={"KEYS": "7"},
        checks=[{"name": "health", "ok": True, "seconds": 1}],
    )
    assert (comparable(before) == comparable({**before, **change})) is same


@pytest.mark.parametrize(
    ("keep", "running", "pruned"),
    [
        pytest.param(3, 3, [], id="as many as are kept"),
        pytest.param(2, 3, [1], id="what was proven longest ago goes"),
        pytest.param(2, 1, [2], id="what runs stays, though it was proven longest ago"),
        pytest.param(1, 2, [1, 3], id="only what runs"),
    ],
)
def test_what_is_pruned(keep, running, pruned):
    evidence = {n: proven(n, f"2026-11-22T1{n}:00:00Z") for n in (1, 2, 3)}
    assert to_prune(evidence, keep, running) == pruned


def test_the_time_decides_what_was_proven_last():
    evidence = {12: proven(12, "2026-11-23T10:00:00Z"), 13: proven(13, "2026-11-22T10:00:00Z")}
    assert [one["release"] for one in latest_first(evidence)] == [12, 13]


def test_the_text_of_a_parameter():
    assert from_text(to_text(proven(12))) == proven(12)
    assert from_text("no json") is None
    assert from_text('{"release": "12"}') is None
    assert from_text("[1]") is None


def test_too_much_is_refused_and_the_largest_part_named():
    secrets = {f"SECRET_{n}": VERSION for n in range(90)}
    with pytest.raises(InvalidParameters) as refused:
        to_text(proven(12, secrets=secrets))
    assert "most of them for secrets\nReason: a standard SSM parameter holds 4096\n" in str(refused.value)
    assert VERSION not in str(refused.value)


def test_a_usual_document_fits():
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:" + "x" * 150
    checks = [{"name": "a_check_with_a_long_name", "ok": True, "seconds": 0.12}] * 12
    document = proven(12, url=arn, rule={"arn": arn, "conditions": arn}, service_arn=arn, group=arn, checks=checks)
    assert len(to_text({**document, "secrets": dict.fromkeys("abcdef", VERSION)})) < 3000
    json.loads(to_text(document))


def test_tags_say_what_the_evidence_says():
    tags = ecs_tags(proven(12))
    assert tags == {"quilt:release": "12", "quilt:digest": DIGEST, "quilt:proven": "2026-11-22T10:00:00Z"}
    assert is_tagged({**tags, "other": "tag"}, proven(12))
    assert not is_tagged({**tags, "quilt:proven": "2026-11-21T10:00:00Z"}, proven(12))
    assert "quilt:digest" not in ecs_tags({**proven(12), "digest": ""})


def test_checks_that_check_mode_did_not_make_count_as_good():
    given = [{"name": "a", "ok": None, "seconds": None}, {"name": "b", "ok": False, "seconds": 0.1234, "detail": "x"}]
    assert checks_of(given) == [
        {"name": "a", "ok": True, "seconds": None},
        {"name": "b", "ok": False, "seconds": 0.12},
    ]
