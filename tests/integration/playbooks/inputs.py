"""Inventory values that several tests use."""

from __future__ import annotations

QUICK = {
    "alb_rule_deregistration_delay": 0,
    "ecs_service_grace_period": 0,
    "mcp_server_wait_timeout": 60,
    "mcp_server_gate": False,  # nothing answers here; test_gate.py has tasks that do
}
BLUE_GREEN = {**QUICK, "mcp_server_strategy": "BLUE_GREEN", "ecs_service_bake_time": 0}
CANARY = {
    **QUICK,
    "mcp_server_strategy": "CANARY",
    "ecs_service_canary_percent": 20,
    "ecs_service_canary_bake_time": 5,
    "ecs_service_bake_time": 0,
}
LINEAR = {
    **QUICK,
    "mcp_server_strategy": "LINEAR",
    "ecs_service_linear_step_percent": 50,
    "ecs_service_linear_step_bake_time": 5,
    "ecs_service_bake_time": 0,
}
NIGHT = {
    "scheduled_action_name": "night",
    "schedule": "cron(0 20 ? * MON-FRI *)",
    "timezone": "Europe/Berlin",
    "scalable_target_action": {"min_capacity": 0, "max_capacity": 0},
}
SCALED = {
    "scaling_min": 1,
    "scaling_max": 4,
    "scaling_cpu_target": 60,
    "scaling_requests_target": 1000,
    "scaling_scheduled_actions": [NIGHT],
}
SCALED_ON_CPU = {**SCALED, "scaling_requests_target": ""}  # where traffic moves between two groups
OPTIONAL = ("alarms", "assumable_roles", "athena_workgroups", "buckets", "ca_file", "platform", "retain", "tags")
UNANSWERED = {f"mcp_server_{name}": "" for name in OPTIONAL}  # as a survey sends what nobody answered
# The same deployment by the names of inputs at commit 8c6dfb0 and by those of now.
ALL_OF_BEFORE: dict[str, dict[str, object]] = {
    "before": {
        "mcp_server_alarms": True,
        "ecs_service_execute_command": True,
        "ecs_service_scaling_min": 1,
        "ecs_service_scaling_max": 4,
        "ecs_service_scaling_cpu_target": 60,
        "ecs_service_log_level": "debug",
    },
    "now": {
        "mcp_server_alarms": True,
        "mcp_server_execute_command": True,
        "scaling_min": 1,
        "scaling_max": 4,
        "scaling_cpu_target": 60,
        "mcp_server_log_level": "debug",
    },
}
