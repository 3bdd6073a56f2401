"""The roles' policies hold what the inputs need and nothing more."""

from __future__ import annotations

from typing import Any

from ansible_collections.quilt.mcp_server.plugins.filter.policies import (
    execution_role_policy,
    infrastructure_role_policy,
    task_role_policy,
)

SCOPE = {"partition": "aws", "region": "us-east-1", "account_id": "850787717197"}


def allowed(policy: dict[str, Any]) -> dict[str, set[str]]:
    """Action to the resources it is allowed on."""
    found: dict[str, set[str]] = {}
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            found.setdefault(action, set()).update(statement["Resource"])
    return found


def test_no_inputs_give_no_permissions_but_the_identity_call() -> None:
    assert allowed(task_role_policy(SCOPE)) == {"sts:GetCallerIdentity": {"*"}}


def test_who_may_enter_the_tasks_needs_four_permissions_more() -> None:
    actions = allowed(task_role_policy(SCOPE, execute_command=True))
    assert {action for action in actions if action.startswith("ssmmessages:")} == {
        f"ssmmessages:{verb}{channel}Channel" for verb in ("Create", "Open") for channel in ("Control", "Data")
    }


def test_a_readable_bucket_cannot_be_written() -> None:
    actions = allowed(task_role_policy(SCOPE, buckets=["quilt-example"]))
    assert actions["s3:GetObject"] == {"arn:aws:s3:::quilt-example/*"}
    assert actions["s3:ListBucket"] == {"arn:aws:s3:::quilt-example"}
    assert "s3:PutObject" not in actions


def test_a_writable_bucket_is_readable_too() -> None:
    actions = allowed(task_role_policy(SCOPE, buckets=["a-bucket"], writable_buckets=["b-bucket"]))
    assert actions["s3:PutObject"] == {"arn:aws:s3:::b-bucket/*"}
    assert actions["s3:GetObject"] == {"arn:aws:s3:::a-bucket/*", "arn:aws:s3:::b-bucket/*"}


def test_nothing_but_the_tags_of_packages_is_deleted() -> None:
    actions = allowed(task_role_policy(SCOPE, buckets=["a-bucket"], writable_buckets=["b-bucket"]))
    assert actions["s3:DeleteObject"] == {"arn:aws:s3:::b-bucket/.quilt/named_packages/*"}


def test_athena_is_limited_to_the_workgroup_and_the_database() -> None:
    actions = allowed(task_role_policy(SCOPE, athena_workgroups=["quilt"], glue_databases=["sales"]))
    assert actions["athena:StartQueryExecution"] == {"arn:aws:athena:us-east-1:850787717197:workgroup/quilt"}
    assert actions["athena:ListWorkGroups"] == {"*"}
    glue = "arn:aws:glue:us-east-1:850787717197"
    assert actions["glue:GetTable"] == {f"{glue}:catalog", f"{glue}:database/sales", f"{glue}:table/sales/*"}


def test_query_results_are_written_below_their_prefix_only() -> None:
    actions = allowed(task_role_policy(SCOPE, athena_results=["results/athena/"]))
    assert actions["s3:PutObject"] == {"arn:aws:s3:::results/athena/*"}
    assert actions["s3:ListBucket"] == {"arn:aws:s3:::results"}


def test_only_the_named_roles_can_be_assumed() -> None:
    role = "arn:aws:iam::850787717197:role/reader"
    assert allowed(task_role_policy(SCOPE, assumable_roles=[role]))["sts:AssumeRole"] == {role}


def test_no_statement_is_a_wildcard_on_a_resource_that_can_be_named() -> None:
    policy = task_role_policy(
        SCOPE, ["b"], ["c"], ["w"], ["results/athena"], ["d"], ["arn:aws:iam::1:role/r"], ["arn:aws:kms:x:1:key/k"]
    )
    wild = [statement["Sid"] for statement in policy["Statement"] if "*" in statement["Resource"]]
    assert wild == ["Identity", "ListAthena"]


def test_the_execution_role_pulls_logs_and_reads_exactly_what_it_was_given() -> None:
    secret = "arn:aws:secretsmanager:us-east-1:850787717197:secret:jwt-AbCdEf"
    parameter = "arn:aws:ssm:us-east-1:850787717197:parameter/jwt"
    repository = "arn:aws:ecr:us-east-1:850787717197:repository/quilt-mcp-server"
    group = "arn:aws:logs:us-east-1:850787717197:log-group:/ecs/mcp-server-production"
    actions = allowed(execution_role_policy(SCOPE, repository, f"{group}:*", [secret, parameter]))
    assert actions["ecr:BatchGetImage"] == {repository}
    assert actions["logs:PutLogEvents"] == {f"{group}:*"}
    assert actions["secretsmanager:GetSecretValue"] == {secret}
    assert actions["ssm:GetParameters"] == {parameter}
    assert actions["ecr:GetAuthorizationToken"] == {"*"}
    more = allowed(
        execution_role_policy(SCOPE, repository, group, [], more_repository_arns=[f"{repository}-b", repository])
    )
    assert more["ecr:BatchGetImage"] == {repository, f"{repository}-b"}
    assert "ecr:BatchImportUpstreamImage" not in actions
    cached = allowed(execution_role_policy(SCOPE, repository, group, [secret], pull_through=True))
    assert cached["ecr:BatchImportUpstreamImage"] == cached["ecr:CreateRepository"] == {repository}


def test_the_infrastructure_role_changes_only_what_carries_the_tag() -> None:
    policy = infrastructure_role_policy(SCOPE, "own")
    writes = [one for one in policy["Statement"] if not all(":Describe" in action for action in one["Action"])]
    assert sorted(action for one in writes for action in one["Action"]) == [
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:RegisterTargets",
    ]
    for statement in writes:
        assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/quilt:deployment": "own"}}
        assert all(":elasticloadbalancing:us-east-1:850787717197:" in arn for arn in statement["Resource"])
