"""The Glue catalog, as far as it is the caller's: databases, tables, columns; and Athena's workgroups."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import BaseModel, Field

from ..athena.query_authorization import QueryAuthorizer, unknown_database
from ..aws import Gateway
from ..config import Config
from ..protocol import paging
from ..protocol.tool import Cursor, NextCursor, tool

Database = Annotated[str, Field(max_length=255)]
Limit = Annotated[int, Field(ge=1, le=1000)]
_AT_ONCE = 8


class Databases(BaseModel):
    databases: list[str]


class Tables(BaseModel):
    tables: list[str]
    next_cursor: NextCursor = None


class Column(BaseModel):
    name: str
    type: str
    comment: str | None = None


class TableSchema(BaseModel):
    columns: list[Column]
    partition_keys: list[Column]
    location: str | None
    table_type: str
    description: str | None


class Workgroup(BaseModel):
    name: str
    description: str | None
    enabled: bool


class Workgroups(BaseModel):
    workgroups: list[Workgroup]
    default: str


class AthenaCatalogTools:
    """What may be queried. Only tables whose data is in the caller's buckets are shown."""

    def __init__(self, config: Config, aws: Gateway) -> None:
        self._aws = aws
        self._default = config.athena_workgroup
        self._confined = config.credentials == "assume_role"

    @asynccontextmanager
    async def authorizer(
        self, asked: str, *, thorough: bool = False, own_results: bool = True
    ) -> AsyncIterator[QueryAuthorizer]:
        """What decides for the caller which tables may be read.

        Args:
            asked: As for `Gateway.bucket`.
            thorough: For what is going to be read, not only listed.
            own_results: Whether the session has access to no other caller's results.
        """
        confined = self._confined and own_results
        async with self._aws.service("glue", asked, "glue:GetTables") as glue:
            yield QueryAuthorizer(glue, confined, partitions=thorough and not confined)

    @tool("List databases", actions=("glue:GetTables",))
    async def athena_databases_list(self) -> Databases:
        """List the databases that hold tables you may read."""
        turn = asyncio.Semaphore(_AT_ONCE)
        async with self.authorizer("listing databases") as authorizer:

            async def shown(database: str) -> str | None:
                async with turn:
                    return database if await authorizer.visible(database) else None

            found = await asyncio.gather(*map(shown, sorted(await authorizer.databases())))
        return Databases(databases=[database for database in found if database is not None])

    @tool("List tables", actions=("glue:GetTables", "s3:GetObject"))
    async def athena_tables_list(self, database: Database, limit: Limit = 100, cursor: Cursor = None) -> Tables:
        """List the tables and views of a database that you may read."""
        question = ("tables", database.lower())
        after = paging.decode(question, cursor, str) or ""
        async with self.authorizer(f"listing the tables of {database[:100]!r}") as authorizer:
            known = database.lower() in await authorizer.databases()
            visible = await authorizer.visible(database.lower()) if known else {}
        if not visible:
            raise unknown_database(database)
        names = sorted(name for name in visible if name > after)
        more = len(names) > limit
        return Tables(tables=names[:limit], next_cursor=paging.encode(question, names[limit - 1]) if more else None)

    @tool("Describe a table", actions=("glue:GetTables", "s3:GetObject"))
    async def athena_table_schema(self, database: Database, table: Database) -> TableSchema:
        """The columns and partition keys of a table or view."""
        name = (database.lower(), table.lower())
        async with self.authorizer(f"describing the table {database[:100]}.{table[:100]}") as authorizer:
            if name[0] not in await authorizer.databases():
                raise unknown_database(database)
            await authorizer.buckets(name)
            found = (await authorizer.tables(name[0]))[name[1]]
        storage = found.get("StorageDescriptor", {})
        return TableSchema(
            columns=[_column(item) for item in storage.get("Columns", ())],
            partition_keys=[_column(item) for item in found.get("PartitionKeys", ())],
            location=storage.get("Location") or None,
            table_type=found.get("TableType", ""),
            description=found.get("Description"),
        )

    @tool("List workgroups", actions=("athena:ListWorkGroups",))
    async def athena_workgroups_list(self) -> Workgroups:
        """List Athena's workgroups, and which one is used when none is named."""
        found: list[Workgroup] = []
        request: dict[str, str] = {}
        async with self._aws.service("athena", "listing workgroups", "athena:ListWorkGroups") as athena:
            while True:
                answer = await athena.list_work_groups(**request)
                found += [
                    Workgroup(
                        name=item["Name"],
                        description=item.get("Description") or None,
                        enabled=item.get("State", "ENABLED") == "ENABLED",
                    )
                    for item in answer["WorkGroups"]
                ]
                if not answer.get("NextToken"):
                    return Workgroups(workgroups=found, default=self._default)
                request["NextToken"] = answer["NextToken"]


def _column(item: dict[str, str]) -> Column:
    return Column(name=item["Name"], type=item.get("Type", ""), comment=item.get("Comment") or None)
