"""Whether a caller may run a statement: the one place where that is decided.

A table is the caller's if every place its data may lie in is a bucket of the caller's; a view, if that holds for every
table it reads. A statement may run if every table that it could possibly mean is the caller's.
"""

import asyncio
import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mcp.server.mcpserver.exceptions import ToolError

from ..auth.principal import AccessDeniedError, Principal, authorize, principal
from ..turns import Turn
from .sql import Statement, read

CATALOG = "awsdatacatalog"
MAXIMUM_PAGES = 50  # of 100 databases or tables, or 1000 partitions, that are looked at
MAXIMUM_DEPTH = 5  # of views that read views
_LISTS_OF_FILES = ("iceberg", "delta", "hudi", "hoodie", "symlink")  # in the names of formats
_VIEW_BEGIN, _VIEW_END = "/* Presto View: ", " */"

Name = tuple[str, str]
"""Database and table."""


@dataclass(frozen=True, slots=True)
class AuthorizedQuery:
    """A statement that its caller may run, and what it reads."""

    text: str
    tables: tuple[Name, ...]
    buckets: tuple[str, ...]


@dataclass(slots=True)
class QueryAuthorizer:
    """Decides for one caller with one read of the Glue catalog; created for every call.

    Attributes:
        glue: The Glue client, under the caller's grant.
        confined: Whether AWS itself keeps the query within the buckets found here and the caller's own results (a
            session policy). If not, tables whose files name other files, which could lie anywhere, are refused.
        partitions: Whether each partition is looked at, which may lie elsewhere than its table.
    """

    glue: Any
    confined: bool
    partitions: bool
    who: Principal = field(default_factory=principal)
    _databases: frozenset[str] | None = None
    _tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    _buckets: dict[Name, frozenset[str]] = field(default_factory=dict)

    async def authorize(self, query: str, database: str) -> AuthorizedQuery:
        """Pass a statement, or refuse it.

        Args:
            query: The statement.
            database: Where names without a database are looked up.

        Raises:
            ToolError: saying what is refused, and no more about what is not the caller's than that.
        """
        statement = await _read(query)
        database = database.lower()
        if database not in await self.databases():
            raise unknown_database(database)
        found = await self._read_by(statement, database, 0)
        buckets = frozenset[str]().union(*found.values())
        return AuthorizedQuery(statement.text, tuple(sorted(found)), tuple(sorted(buckets)))

    async def databases(self) -> frozenset[str]:
        """Every database of the catalog, the caller's or not."""
        if self._databases is None:
            self._databases = frozenset(
                str(item["Name"]).lower() for item in await self._pages("get_databases", "DatabaseList")
            )
        return self._databases

    async def tables(self, database: str) -> dict[str, dict[str, Any]]:
        """Every table of a database by its name, the caller's or not."""
        if database not in self._tables:
            found = await self._pages("get_tables", "TableList", DatabaseName=database)
            self._tables[database] = {str(item["Name"]).lower(): item for item in found}
        return self._tables[database]

    async def visible(self, database: str) -> dict[str, dict[str, Any]]:
        """The tables of a database that the caller may read."""
        shown = {}
        for name, table in (await self.tables(database)).items():
            try:
                await self.buckets((database, name))
            except ToolError:
                continue
            shown[name] = table
        return shown

    async def buckets(self, name: Name, depth: int = 0) -> frozenset[str]:
        """The buckets that reading a table touches, all of them the caller's.

        Raises:
            ToolError: if one of them is not, or that cannot be known.
        """
        if name not in self._buckets:
            table = (await self.tables(name[0])).get(name[1])
            if table is None:
                raise _refused(name)
            if "VIEW" in str(table.get("TableType")).upper():
                self._buckets[name] = await self._of_view(name, table, depth)
            else:
                self._buckets[name] = await self._of_table(name, table)
        return self._buckets[name]

    async def _read_by(self, statement: Statement, database: str, depth: int) -> dict[Name, frozenset[str]]:
        """Every table that a name in the statement could mean, with its buckets."""
        names = set()
        for parts in statement.names:
            meant = await self._meant(parts, database)
            if meant is not None:
                names.add(meant)
        return {name: await self.buckets(name, depth) for name in sorted(names)}

    async def _meant(self, parts: tuple[str, ...], database: str) -> Name | None:
        """The table that a name could mean; None if it can only be a column, an alias or a function."""
        databases = await self.databases()
        if len(parts) >= 3 and parts[0] == CATALOG:
            return parts[1], parts[2]
        if len(parts) >= 2 and parts[0] in databases:
            return parts[0], parts[1]
        if len(parts) >= 3:
            raise ToolError(
                f"{'.'.join(parts)[:200]} cannot be judged: names of three parts are awsdatacatalog.database.table or "
                "database.table.column; write a field of a structure as (alias.column).field"
            )
        return (database, parts[0]) if parts[0] in await self.tables(database) else None

    async def _of_view(self, name: Name, table: dict[str, Any], depth: int) -> frozenset[str]:
        if depth >= MAXIMUM_DEPTH:
            raise ToolError(f"the view {'.'.join(name)} reads views more than {MAXIMUM_DEPTH} deep")
        text = str(table.get("ViewOriginalText", "")).strip()
        try:
            if not (text.startswith(_VIEW_BEGIN) and text.endswith(_VIEW_END)):
                raise ValueError
            view = json.loads(base64.b64decode(text[len(_VIEW_BEGIN) : -len(_VIEW_END)], validate=True))
            query, schema, catalog = view["originalSql"], view.get("schema", name[0]), view.get("catalog", CATALOG)
            if not all(isinstance(value, str) for value in (query, schema, catalog)) or catalog.lower() != CATALOG:
                raise ValueError
            database = schema.lower()
            if database not in await self.databases():
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
            raise ToolError(f"the view {'.'.join(name)} cannot be judged; read the tables behind it") from error
        try:
            found = await self._read_by(await _read(query), database, depth + 1)
        except ToolError as error:
            # The reason would show what the view reads.
            raise _refused(name) from error
        return frozenset[str]().union(*found.values())

    async def _of_table(self, name: Name, table: dict[str, Any]) -> frozenset[str]:
        parameters = {str(key).lower(): str(value) for key, value in table.get("Parameters", {}).items()}
        storage = table.get("StorageDescriptor", {})
        places = [storage.get("Location", "")]
        places += storage.get("AdditionalLocations", ())
        places += [parameters[key] for key in ("storage.location.template", "metadata_location") if key in parameters]
        elsewhere = "TargetTable" in table or table.get("ViewDefinition") or parameters.get("presto_view") == "true"
        if elsewhere or (not self.confined and _names_other_files(parameters, storage)):
            raise ToolError(f"the table {'.'.join(name)} cannot be judged: where its data lies is not in the catalog")
        if self.partitions and table.get("PartitionKeys"):
            partitions = await self._pages(
                "get_partitions", "Partitions", DatabaseName=name[0], TableName=name[1], ExcludeColumnSchema=True
            )
            places += [item.get("StorageDescriptor", {}).get("Location") or places[0] for item in partitions]
        buckets, turn = set[str](), Turn()
        for place in places:
            await turn.pause()
            buckets.add(_bucket(place))
        for bucket in buckets:
            try:
                authorize(self.who, bucket, "s3:GetObject")
            except AccessDeniedError as error:
                raise _refused(name) from error
        return frozenset(buckets)

    async def _pages(self, operation: str, field_name: str, **request: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for _ in range(MAXIMUM_PAGES):
            answer = await getattr(self.glue, operation)(**request)
            found += answer.get(field_name, ())
            if not answer.get("NextToken"):
                return found
            request["NextToken"] = answer["NextToken"]
        raise ToolError(f"the Glue catalog is too large to be judged here ({operation}: {len(found)} and more)")


def _bucket(place: str) -> str:
    """The bucket of an S3 URI; for everything else a text that is no bucket's name, so that no caller may access it."""
    parts = urlsplit(place)
    return parts.netloc if parts.scheme in ("s3", "s3a", "s3n") else ""


def _names_other_files(parameters: dict[str, str], storage: dict[str, Any]) -> bool:
    """Whether the table's files are lists of other files: Iceberg, Delta Lake, Hudi, symbolic links."""
    formats = (storage.get("InputFormat", ""), storage.get("SerdeInfo", {}).get("SerializationLibrary", ""))
    kinds = (parameters.get("table_type", ""), parameters.get("spark.sql.sources.provider", ""), *formats)
    return any(word in str(kind).lower() for kind in kinds for word in _LISTS_OF_FILES)


def unknown_database(database: str) -> ToolError:
    """The same words for what is another's and for what is not there."""
    return ToolError(f"there is no database {database[:100]!r} that you may read; athena_databases_list shows yours")


async def _read(query: str) -> Statement:
    """Read in a thread: a long statement takes longer than other requests should wait for it."""
    return await asyncio.to_thread(read, query)


def _refused(name: Name) -> ToolError:
    """The same words for what is another's and for what is not there."""
    return ToolError(
        f"there is no table {'.'.join(name)[:200]} that you may read: its data must lie in buckets that your token "
        "names; athena_tables_list shows yours"
    )
