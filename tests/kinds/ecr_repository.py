"""The repository of ECR."""

from __future__ import annotations

from typing import Any

from tests.kinds import Kind


def expire(**selection: Any) -> dict[str, Any]:
    return {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}


KIND = Kind(
    module="ecr_repository",
    identity={"repository_name": "quilt-mcp-server"},
    full={
        "image_tag_mutability": "IMMUTABLE",
        "image_scanning_configuration": {"scan_on_push": True},
        "encryption_configuration": {"encryption_type": "AES256"},
        "lifecycle_policy": expire(tagStatus="untagged", countType="sinceImagePushed", countUnit="days", countNumber=7),
    },
    changes={
        "image_tag_mutability": "MUTABLE",
        "image_scanning_configuration": {"scan_on_push": False},
        "lifecycle_policy": expire(tagStatus="any", countType="imageCountMoreThan", countNumber=9),
    },
    clear={"lifecycle_policy": {}},
    unpredictable=frozenset({"created_at", "repository_uri"}),
    tag=lambda ecr, repository, tags: ecr.tag_resource(
        resourceArn=repository["repository_arn"], tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    ),
    replace={"encryption_configuration": {"encryption_type": "KMS"}},
    conflict=None,
    no_parameters=frozenset({"registry_id"}),  # the account's own
    samples={"image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION"},
)
