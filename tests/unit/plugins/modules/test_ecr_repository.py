from __future__ import annotations

import json

import pytest

NAME = "quilt-mcp-server"
OWN = {"quilt:deployment": "sales-prod"}
LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 7,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 20},
            "action": {"type": "expire"},
        },
    ]
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Pull",
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::850787717197:root"]},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ],
}
FULL = {
    "image_tag_mutability": "IMMUTABLE",
    "image_scanning_configuration": {"scan_on_push": True},
    "encryption_configuration": {"encryption_type": "AES256"},
    "lifecycle_policy": LIFECYCLE,
    "repository_policy": POLICY,
    "require_tags": OWN,
}


def repository(run_module, check=False, **parameters):
    return run_module("ecr_repository", check, repository_name=NAME, **parameters)


def test_created_once(aws, run_module):
    created = repository(run_module, **FULL)
    assert created["changed"]
    found = created["repository"]
    assert found["image_tag_mutability"] == "IMMUTABLE" and found["tags"] == OWN
    assert found["repository_uri"].endswith(f".dkr.ecr.us-east-1.amazonaws.com/{NAME}")
    again = repository(run_module, **FULL)
    assert not again["changed"] and aws.writes == [] and again["repository"] == found


def test_check_mode_predicts_what_the_run_returns(aws, run_module):
    predicted = repository(run_module, check=True, **FULL)
    assert predicted["changed"] and aws.writes == []
    real = repository(run_module, **FULL)
    assert predicted["diff"] == real["diff"]
    assert predicted["repository"].pop("created_at") == "known-after-apply" and real["repository"].pop("created_at")
    assert predicted["repository"] == real["repository"]


def test_an_immutable_repository_is_not_downgraded_by_omission(aws, run_module):
    repository(run_module, **FULL)
    result = repository(run_module)
    assert not result["changed"] and aws.writes == []
    assert result["repository"]["image_tag_mutability"] == "IMMUTABLE"
    assert result["repository"]["lifecycle_policy"]["rules"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_tag_mutability", "MUTABLE"),
        ("image_scanning_configuration", {"scan_on_push": False}),
        ("lifecycle_policy", {"rules": LIFECYCLE["rules"][:1]}),
        ("lifecycle_policy", {}),
        ("repository_policy", {**POLICY, "Statement": [{**POLICY["Statement"][0], "Action": "ecr:BatchGetImage"}]}),
        ("repository_policy", {}),
    ],
    ids=["mutability", "scanning", "lifecycle", "no lifecycle", "policy", "no policy"],
)
def test_a_change_is_named_in_the_diff_and_made_once(aws, run_module, field, value):
    repository(run_module, **FULL)
    checked = repository(run_module, check=True, **{field: value})
    assert checked["changed"] and aws.writes == []
    changed = repository(run_module, **{field: value})
    assert changed["diff"] == checked["diff"]
    before, after = changed["diff"]["before"], changed["diff"]["after"]
    assert {key for key in {*before, *after} if before.get(key) != after.get(key)} == {field}
    again = repository(run_module, **{field: value})
    assert not again["changed"] and aws.writes == []


def test_exclusion_filters(aws, run_module):
    filters = [{"filter": "latest"}, {"filter": "dev-*"}]
    wanted = {
        "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
        "image_tag_mutability_exclusion_filters": filters,
    }
    repository(run_module, **FULL)
    assert repository(run_module, **wanted)["changed"]
    reordered = {**wanted, "image_tag_mutability_exclusion_filters": filters[::-1]}
    assert not repository(run_module, **reordered)["changed"]
    back = repository(run_module, image_tag_mutability="IMMUTABLE")
    assert back["changed"] and back["repository"]["image_tag_mutability_exclusion_filters"] is None
    assert not repository(run_module, image_tag_mutability="IMMUTABLE")["changed"]


def test_filters_without_their_mutability_are_refused_before_any_call(aws, run_module):
    result = repository(
        run_module, image_tag_mutability="IMMUTABLE", image_tag_mutability_exclusion_filters=[{"filter": "latest"}]
    )
    assert result["failed"] and "IMMUTABLE_WITH_EXCLUSION" in result["msg"] and aws.calls == []


def test_filters_alone_are_judged_by_the_mutability_that_is_there(aws, run_module):
    filters = {"image_tag_mutability_exclusion_filters": [{"filter": "latest"}]}
    refused = repository(run_module, **filters)
    assert refused["failed"] and "image_tag_mutability is MUTABLE\n" in refused["msg"] and aws.writes == []
    exclusion = {"image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION"}
    repository(run_module, **exclusion, image_tag_mutability_exclusion_filters=[{"filter": "dev-*"}])
    assert repository(run_module, **filters)["changed"]
    assert not repository(run_module, **exclusion, **filters)["changed"]
    emptied = repository(run_module, image_tag_mutability_exclusion_filters=[])
    assert "image_tag_mutability_exclusion_filters is empty" in emptied["msg"] and aws.writes == []
    refused = repository(run_module, image_tag_mutability="MUTABLE", **filters)
    assert refused["failed"] and aws.calls == []


RULE = LIFECYCLE["rules"][0]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"lifecycle_policy": {"rules": "x"}}, "lifecycle_policy.rules is 'x'\nReason: it must be a list"),
        (
            {"lifecycle_policy": {"rules": [RULE, "x"]}},
            "lifecycle_policy.rules[1] is 'x'\nReason: it must be a dictionary",
        ),
        (
            {"lifecycle_policy": {"rules": [{**RULE, "rulePriority": "first"}, {**RULE, "rulePriority": None}]}},
            "Found: lifecycle_policy.rules[0].rulePriority is 'first'\nReason: it must be a whole number\n"
            "Remedy: write a whole number there\nFound: lifecycle_policy.rules[1].rulePriority is None\n",
        ),
        (
            {"lifecycle_policy": {"rules": [{**RULE, "selection": "any"}]}},
            "rules[0].selection is 'any'\nReason: it must be a dictionary",
        ),
        (
            {"lifecycle_policy": {"rules": [{**RULE, "selection": {"tagPrefixList": "v"}}]}},
            "rules[0].selection.tagPrefixList is 'v'\nReason: it must be a list",
        ),
        (
            {"repository_policy": {"Statement": [{}, "x"]}},
            "repository_policy.Statement[1] is 'x'\nReason: it must be a dictionary",
        ),
    ],
    ids=["rules", "rule", "priority", "selection", "tags", "statement"],
)
def test_a_document_that_cannot_be_read_is_refused_by_name_before_any_call(aws, run_module, parameters, said):
    result = repository(run_module, **parameters)
    assert said in result["msg"] and aws.calls == []


@pytest.mark.parametrize(
    ("there", "wanted", "changed"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, {"StringEquals": {"aws:PrincipalOrgID": ["o-1"]}}, False),
        ({"StringLike": {"aws:x": ["a", "b"]}}, {"StringLike": {"aws:x": ["b", "a"]}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"Bool": {"aws:SecureTransport": True}}, False),
        ({"NumericLessThan": {"aws:x": "9"}}, {"NumericLessThan": {"aws:x": 9}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, {"StringEquals": {"aws:PrincipalOrgID": "o-2"}}, True),
        ({"StringEquals": {"aws:x": "a"}}, {"StringLike": {"aws:x": "a"}}, True),
        ({"StringEquals": {"aws:x": "a"}}, {"StringEquals": {"aws:y": "a"}}, True),
    ],
    ids=["list", "order", "boolean", "number", "value", "operator", "key"],
)
def test_a_condition_is_compared_by_its_meaning(run_module, there, wanted, changed):
    def policy(condition):
        return {**POLICY, "Statement": [{**POLICY["Statement"][0], "Condition": condition}]}

    repository(run_module, **{**FULL, "repository_policy": policy(there)})
    assert repository(run_module, repository_policy=policy(wanted))["changed"] is changed


def test_the_same_policy_written_otherwise_is_no_change(aws, run_module):
    repository(run_module, **FULL)
    statement = POLICY["Statement"][0]
    otherwise = {
        **POLICY,
        "Statement": {**statement, "Principal": {"AWS": "850787717197"}, "Action": statement["Action"][::-1]},
    }
    assert not repository(run_module, repository_policy=otherwise)["changed"]
    assert not repository(run_module, lifecycle_policy={"rules": LIFECYCLE["rules"][::-1]})["changed"]


def test_encryption_cannot_be_changed(aws, run_module):
    repository(run_module, **FULL)
    result = repository(run_module, encryption_configuration={"encryption_type": "KMS"})
    assert result["failed"] and "encryption_configuration" in result["msg"] and "another name" in result["msg"]
    assert aws.writes == []


def test_encryption_with_the_key_of_the_service_is_no_change(aws, run_module):
    repository(run_module, encryption_configuration={"encryption_type": "KMS"})
    for key in (None, "alias/aws/ecr"):
        wanted = {"encryption_type": "KMS", "kms_key": key}
        assert not repository(run_module, encryption_configuration=wanted)["changed"]


def test_a_foreign_repository_is_neither_changed_nor_deleted(aws, run_module):
    repository(run_module)
    for state in ("present", "absent"):
        result = repository(run_module, image_tag_mutability="IMMUTABLE", require_tags=OWN, state=state, force=True)
        assert result["failed"] and NAME in result["msg"] and "is foreign" in result["msg"] and aws.writes == []


def test_absent_twice_and_force(aws, run_module):
    repository(run_module, **FULL)
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": []})
    aws.client("ecr").put_image(repositoryName=NAME, imageManifest=manifest, imageTag="1")
    kept = repository(run_module, state="absent", require_tags=OWN)
    assert kept["failed"] and "force: true" in kept["msg"]
    checked = repository(run_module, check=True, state="absent", force=True)
    assert checked["changed"] and aws.writes == []
    assert repository(run_module, state="absent", require_tags=OWN, force=True)["changed"]
    again = repository(run_module, state="absent", require_tags=OWN, force=True)
    assert not again["changed"] and again["repository"] == {} and aws.writes == []
