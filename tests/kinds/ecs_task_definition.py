"""The task definition of ECS: each change registers a revision."""

from __future__ import annotations

from typing import Any

from tests.kinds import Kind

ROLE = "arn:aws:iam::850787717197:role"
CONTAINER: dict[str, Any] = {
    "name": "mcp-server",
    "image": "850787717197.dkr.ecr.us-east-1.amazonaws.com/quilt-mcp-server@sha256:" + "0" * 64,
    "essential": True,
    "user": "10001:10001",
    "readonly_root_filesystem": True,
    "stop_timeout": 60,
    "port_mappings": [{"container_port": 8000, "protocol": "tcp"}],
    "environment": [{"name": "QUILT_MCP_PORT", "value": "8000"}, {"name": "QUILT_MCP_AUTH", "value": "jwt"}],
    "secrets": [{"name": "QUILT_MCP_JWT_KEYS", "value_from": "arn:aws:secretsmanager:us-east-1:850787717197:secret:x"}],
    "mount_points": [{"source_volume": "tmp", "container_path": "/tmp"}],
    "health_check": {"command": ["CMD", "python3", "-m", "quilt_mcp_server.healthcheck"], "start_period": 30},
    "log_configuration": {
        "log_driver": "awslogs",
        "options": {
            "awslogs-group": "/ecs/mcp-server-production",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "mcp-server",
        },
    },
}

KIND = Kind(
    module="ecs_task_definition",
    identity={"family": "quilt-mcp-server"},
    full={
        "task_role_arn": f"{ROLE}/ecsTaskRole",
        "execution_role_arn": f"{ROLE}/ecsTaskExecutionRole",
        "network_mode": "awsvpc",
        "requires_compatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "volumes": [{"name": "tmp"}],
        "runtime_platform": {"cpu_architecture": "X86_64", "operating_system_family": "LINUX"},
        "container_definitions": [CONTAINER],
    },
    changes={
        "task_role_arn": f"{ROLE}/other",
        "memory": "1024",
        "runtime_platform": {"cpu_architecture": "ARM64"},
        "ephemeral_storage": {"size_in_gib": 30},
        "container_definitions": [{**CONTAINER, "command": ["serve"]}],
    },
    clear={"task_role_arn": ""},
    unpredictable=frozenset({"task_definition_arn", "revision", "registered_at"}),
    tag=lambda ecs, revision, tags: ecs.tag_resource(
        resourceArn=revision["task_definition_arn"],
        tags=[{"key": key, "value": value} for key, value in tags.items()],
    ),
    replace=None,
    conflict=None,
    whole=True,
    samples={"network_mode": "awsvpc"},
    filled_in=frozenset({"protocol", "version_consistency", "scope", "type", "host_port", "essential"}),
    exempt={
        "test_unset_is_left_alone": "a revision is a whole document",
        "test_what_is_not_own_is_refused_by_name": "a family is shared: revisions of others are passed over, "
        "see tests/integration/modules/test_task_definition.py",
    },
)
