"""The rules that a registry has for its packages: .quilt/workflows/config.yml and the schemas that it names."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError

from .auth.principal import principal
from .aws import Gateway
from .protocol.tool import NO_WORKFLOW
from .quilt import workflow_check
from .quilt.draft import Draft
from .quilt.locations import ObjectLocation, parse_physical_key, physical_key
from .turns import Turn, UserTurns

CONFIG = ".quilt/workflows/config.yml"
MAXIMUM_FILE = 256 * 1024  # bytes of the configuration, and of a schema
MAXIMUM_ENTRIES = 50_000  # that are held against a schema
MAXIMUM_BYTES = 8 * 1024 * 1024  # of their paths, sizes and metadata
CHECK_SECONDS = 20  # that one check may take, on a quarter of a CPU and behind others
_CHECKS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Workflow:
    """The workflow of a package.

    Attributes:
        header: What the manifest keeps of it.
        metadata: The text of the schema for the package's metadata, if any.
        entries: The text of the schema for its entries, if any.
    """

    header: dict[str, Any] | None
    metadata: str | None = None
    entries: str | None = None


class Workflows:
    """Chooses a package's workflow and holds the package against it.

    One for all tools: few checks run at once, one of a user, and all of them behind the server's own work.
    """

    def __init__(self, aws: Gateway) -> None:
        self._aws = aws
        self._turns = UserTurns(_CHECKS_AT_ONCE)

    async def choose(self, bucket: str, name: str, workflow: str | None, message: str | None) -> Workflow:
        """The workflow under which a package is pushed.

        Args:
            bucket: The registry.
            name: The package's name.
            workflow: The workflow's id; None for the default one, NO_WORKFLOW for none.
            message: The version's message.

        Raises:
            ToolError: if there is no such workflow, it does not take the name or wants a message, or it is not valid.
        """
        place = ObjectLocation(bucket, CONFIG)
        found = await self._read(place)
        if found is None:
            if workflow not in (None, NO_WORKFLOW):
                raise ToolError(f"s3://{bucket} has no workflows ({CONFIG}); leave workflow out")
            return Workflow(None)
        text, place = found
        asked = "" if workflow == NO_WORKFLOW else workflow
        question = {"do": "choose", "config": text, "workflow": asked, "name": name, "message": message}
        chosen = await self._ask(lambda: _json(question))
        header: dict[str, Any] = {"id": chosen["id"], "config": physical_key(place)}
        texts: dict[str, str | None] = {"metadata": None, "entries": None}
        for use in texts:
            if (schema := chosen[use]) is not None:
                texts[use], where = await self._schema(schema["id"], schema["url"])
                header.setdefault("schemas", {})[schema["id"]] = physical_key(where)
        return Workflow(header, **texts)

    async def check_metadata(self, workflow: Workflow, metadata: dict[str, Any] | None) -> None:
        """Pass, if the package's metadata is as the workflow wants it.

        Raises:
            ToolError: if not.
        """
        if workflow.metadata is not None:
            value = {} if metadata is None else metadata
            await self._check("the package's metadata", workflow.metadata, lambda: _json(value))

    async def check_entries(self, workflow: Workflow, draft: Draft) -> None:
        """Pass, if the package's entries are as the workflow wants them.

        Raises:
            ToolError: if not, or if there are too many to look at.
        """
        if workflow.entries is None:
            return
        if draft.entries > MAXIMUM_ENTRIES:
            raise ToolError(
                f"the workflow has a schema for entries, and {draft.entries} entries are too many to hold against it "
                f"here (at most {MAXIMUM_ENTRIES}); push the package with quilt3"
            )
        await self._check("the package's entries", workflow.entries, lambda: _entries(draft))

    async def _check(self, what: str, schema: str, value: Callable[[], Awaitable[str]]) -> None:
        """Pass, if a value, whose JSON is made when its turn has come, is as a schema wants it."""

        async def question() -> str:
            return f'{{"do":"check","schema":{json.dumps(schema)},"value":{await value()}}}'

        try:
            await self._ask(question)
        except ToolError as error:
            raise ToolError(f"the workflow does not take {what}: {error}") from error

    async def _schema(self, schema: str, url: str) -> tuple[str, ObjectLocation]:
        place = parse_physical_key(url)
        if place is None:
            raise ToolError(f"the workflow's schema {schema!r} is not in S3: {url[:200]}")
        found = await self._read(place)
        if found is None:
            raise ToolError(f"the workflow's schema {schema!r} is missing: there is no {place}")
        return found

    async def _read(self, place: ObjectLocation) -> tuple[str, ObjectLocation] | None:
        """A small text of the registry and the version of it; None where there is none."""
        from botocore.exceptions import ClientError

        request = {"Bucket": place.bucket, "Key": place.key}
        request |= {"VersionId": place.version} if place.version else {}
        async with self._aws.bucket(place.bucket, f"reading {place}", place.action) as s3:
            try:
                answer = await s3.get_object(**request)
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
                    raise
                return None
            async with answer["Body"] as body:
                raw = b""
                while len(raw) <= MAXIMUM_FILE and (piece := await body.read(MAXIMUM_FILE)):
                    raw += piece
        if len(raw) > MAXIMUM_FILE:
            raise ToolError(f"{place} is longer than {MAXIMUM_FILE} bytes")
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise ToolError(f"{place} is not text in UTF-8") from error
        return text, ObjectLocation(place.bucket, place.key, answer.get("VersionId"))

    async def _ask(self, question: Callable[[], Awaitable[str]]) -> dict[str, Any]:
        """The answer of workflow_check, in a process of its own: its input may be made to take unlimited time."""
        async with self._turns.turn(principal().identity):
            asked = (await question()).encode()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                str(Path(workflow_check.__file__)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                # None of the server's environment: it holds secrets.
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    out, _ = await process.communicate(asked)
            except TimeoutError:
                out = b""
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode:
            raise ToolError("it could not be checked in the time and memory there is; simplify patterns and schemas")
        answer: dict[str, Any] = json.loads(out)
        if "problem" in answer:
            raise ToolError(answer["problem"])
        return answer


async def _json(value: object) -> str:
    return json.dumps(value)


async def _entries(draft: Draft) -> str:
    """What a schema for entries looks at, as JSON, written one by one: as objects all would take many times as much.

    Raises:
        ToolError: if it is too large.
    """
    found: list[str] = []
    size = 0
    turn = Turn()
    for value in draft.values():
        await turn.pause()
        entry = {name: value[name] for name in ("logical_key", "size")}
        found.append(json.dumps(entry | {"meta": (value["meta"] or {}).get("user_meta", {})}))
        size += len(found[-1])
        if size > MAXIMUM_BYTES:
            raise ToolError(
                f"their metadata is too large to hold against its schema here (at most {MAXIMUM_BYTES} bytes of "
                "entries); push the package with quilt3"
            )
    return f"[{','.join(found)}]"
