"""What a registry's workflows say of a package. A program: one JSON question on stdin, one JSON answer on stdout.

Workflows are YAML, regular expressions and JSON schemas, written by any user who can write to a bucket. They are looked
at in a process of their own, whose time and memory are limited, so that none of them can hold up the server. For that
reason this file imports nothing of the server.
"""

import json
import os
import re
import sys
from itertools import islice
from typing import Any

MAXIMUM_SECONDS = 15  # of CPU
MAXIMUM_MEMORY = 128 * 1024 * 1024  # bytes of address space
NICENESS = 19  # behind everything that the server does
MAXIMUM_TEXT = 300  # characters of one problem
PROBLEMS = 5  # that are reported
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
SUPPORTED = (1, 1, 0)  # version of the configuration, as quilt3 8

_TEXT = {"type": "string", "minLength": 1}
_VERSION = {"type": "string", "pattern": r"^[1-9][0-9]*(\.(0|[1-9][0-9]*)){0,2}$"}
_WORKFLOW = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "catalog": True,
        "name": _TEXT,
        "description": _TEXT,
        "handle_pattern": {"type": "string"},
        "metadata_schema": {"type": "string"},
        "entries_schema": {"type": "string"},
        "is_message_required": {"type": "boolean"},
    },
}
_CONFIG = {
    "type": "object",
    "required": ["version", "workflows"],
    "additionalProperties": False,
    "properties": {
        "catalog": True,
        "successors": {"type": "object"},
        "version": {
            "oneOf": [
                _VERSION,
                {
                    "type": "object",
                    "required": ["base"],
                    "additionalProperties": False,
                    "properties": {"base": _VERSION, "catalog": _VERSION},
                },
            ]
        },
        "is_workflow_required": {"type": "boolean"},
        "default_workflow": {"type": "string"},
        "workflows": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"type": "string", "pattern": "^[A-Za-z_-][A-Za-z0-9_-]*$", "maxLength": 64},
            "additionalProperties": _WORKFLOW,
        },
        "schemas": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}},
        },
    },
}


class ProblemError(Exception):
    """What is wrong, for the caller."""


def choose(config: str, workflow: str | None, name: str, message: str | None) -> dict[str, Any]:
    """The workflow that a package is pushed under, after what can be said before its content is known.

    Args:
        config: The text of config.yml.
        workflow: Its id; None for the default one, empty for none.

    Returns:
        `id`, and `metadata` and `entries`: None, or the id and URL of a schema.
    """
    loaded = _config(config)
    chosen = loaded.get("default_workflow") if workflow is None else workflow or None
    known = ", ".join(sorted(loaded["workflows"]))
    if chosen is None:
        if loaded.get("is_workflow_required", True):
            raise ProblemError(f"packages of this registry need a workflow; give one of: {known}")
        return {"id": None, "metadata": None, "entries": None}
    if chosen not in loaded["workflows"]:
        raise ProblemError(f"the registry has no workflow {chosen!r}; it has: {known}")
    rules = loaded["workflows"][chosen]
    if rules.get("is_message_required", False) and not message:
        raise ProblemError(f"the workflow {chosen!r} requires a message")
    pattern = rules.get("handle_pattern")
    if pattern and not _matches(pattern, name):
        raise ProblemError(f"the workflow {chosen!r} takes only package names that match {pattern!r}")
    return {
        "id": chosen,
        "metadata": _schema_of(loaded, rules.get("metadata_schema")),
        "entries": _schema_of(loaded, rules.get("entries_schema")),
    }


def check(schema: str, value: Any) -> dict[str, Any]:
    """Nothing, if a value is as a schema wants it.

    Args:
        schema: The text of a JSON schema.
    """
    from jsonschema import Draft7Validator, SchemaError

    loaded = _schema(schema)
    try:
        Draft7Validator.check_schema(loaded)
    except SchemaError as error:
        raise ProblemError(f"the schema itself is not valid: {error.message[:MAXIMUM_TEXT]}") from error
    if problems := _problems(loaded, value):
        raise ProblemError(problems)
    return {}


def _config(text: str) -> dict[str, Any]:
    import yaml

    try:
        loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
    except yaml.YAMLError as error:
        raise ProblemError(f"the workflows are not YAML: {' '.join(str(error).split())[:MAXIMUM_TEXT]}") from error
    if problems := _problems(_CONFIG, loaded):
        raise ProblemError(f"the workflows are not valid: {problems}")
    found: dict[str, Any] = loaded
    version = found["version"] if isinstance(found["version"], str) else found["version"]["base"]
    numbers = tuple(int(number) for number in version.split("."))
    if (*numbers, 0, 0)[:3] > SUPPORTED:
        raise ProblemError(f"the workflows are of version {version}; known are versions up to 1.1.0")
    return found


def _schema_of(config: dict[str, Any], schema: str | None) -> dict[str, str] | None:
    if not schema:
        return None
    if schema not in config.get("schemas", {}):
        raise ProblemError(f"the workflow names the schema {schema!r}, which is not among the schemas")
    return {"id": schema, "url": config["schemas"][schema]["url"]}


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error as error:
        raise ProblemError(f"the workflow's handle_pattern is no regular expression: {error}") from error


def _schema(text: str) -> Any:
    def no_reference(value: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in value:
            raise ProblemError("the schema uses $ref, which Quilt does not support")
        return value

    try:
        loaded = json.loads(text, object_hook=no_reference)
    except ValueError as error:
        raise ProblemError("the schema is not JSON") from error
    if isinstance(loaded, dict) and loaded.get("$schema", DRAFT_7) != DRAFT_7:
        raise ProblemError(f"the schema is not of draft 7: {str(loaded['$schema'])[:MAXIMUM_TEXT]!r}")
    return loaded


def _problems(schema: Any, value: Any) -> str:
    """What is wrong with a value, the first problems of it; empty if nothing is."""
    from jsonschema import Draft7Validator

    found = list(islice(Draft7Validator(schema).iter_errors(value), PROBLEMS + 1))
    reported = []
    for error in found[:PROBLEMS]:
        path = ".".join(str(part) for part in error.absolute_path)
        reported.append(f"{path}: {error.message[:MAXIMUM_TEXT]}" if path else error.message[:MAXIMUM_TEXT])
    return "; ".join(reported) + ("; and more" if len(found) > PROBLEMS else "")


def _limit() -> None:
    os.nice(NICENESS)
    try:
        import resource
    except ImportError:  # Windows, which is not supported
        return
    resource.setrlimit(resource.RLIMIT_CPU, (MAXIMUM_SECONDS, MAXIMUM_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MAXIMUM_MEMORY, MAXIMUM_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer one question."""
    _limit()
    question = json.load(sys.stdin)
    try:
        answer = choose(**question) if question.pop("do") == "choose" else check(**question)
    except ProblemError as error:
        answer = {"problem": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
