"""The kinds of resources, and what the shared tests need to know about each.

One file for each kind, named as its module. The shared tests are made from it:

    tests/kinds/test_registry.py        every kind and every module is here, and in the action group
    tests/kinds/test_every_field.py     each field of the botocore model, changed alone, is named
    tests/kinds/test_arguments.py       choices, suboptions and types are the model's
    tests/integration/modules/test_resources.py         twice, check mode, each change, tags, foreign, absent,
    throttled, killed tests/integration/modules/test_replace.py           what AWS cannot change: refused, offered,
    replaced tests/integration/modules/test_busy.py              a conflicting operation is waited for

Resources are found by code and not by this folder, so what has no file here fails by name. No other test imports a
resource's class or the engine's parts: they are provided here.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.plan import Current, Reading
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.reconciler import Reconciler as Resource
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.refusal import InvalidParameters, Refused
from ansible_collections.quilt.mcp_server.plugins.module_utils._core.shapes import members

__all__ = [
    "AWS_TAGS",
    "Current",
    "InvalidParameters",
    "Kind",
    "Reading",
    "Refused",
    "Resource",
    "every_kind",
    "members",
]

ROOT = Path(__file__).parents[2]
COLLECTION = "ansible_collections.quilt.mcp_server"
# A tag that only AWS sets, as CloudFormation puts it on what its stacks hold.
AWS_TAGS = {"aws:cloudformation:stack-name": "theirs"}

Parameters = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """What the service answers while another operation on the same resource runs."""

    code: str
    runs: tuple[Parameters, ...]
    """Parameters without the identity, run one after the other. Together they make each write that can be refused."""
    unaware: frozenset[str] = frozenset()
    """The operations among them that document no such error."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A module, the resource that it manages, and what the shared tests run it with."""

    module: str
    identity: Parameters
    full: Parameters
    """A full set of parameters, without the identity and what `prepare` returns."""
    changes: Parameters
    """One other value for each parameter that can change."""
    unpredictable: frozenset[str]
    """Keys of the result that check mode does not know, or gives as `known-after-apply`."""
    tag: Callable[[Any, Mapping[str, Any], Mapping[str, str]], object]
    """Tag the resource as AWS itself does: (client of its service, the resource in the result, tags)."""
    replace: Parameters | None
    """A change that AWS cannot make, or None for a kind that does not offer to be replaced."""
    conflict: Conflict | None
    """None for a service that documents no such error."""

    creation: str = ""
    """The operation that creates it, where no request of the botocore model describes the resource."""
    required: tuple[str, ...] = ()
    """Parameters that the module needs every time, in addition to the identity."""
    prepare: Callable[[Callable[[str], Any]], Parameters] = lambda client: {}
    """Make what the resource needs in the account, given client(service). Returns the parameters that follow."""
    clear: Parameters = field(default_factory=dict)
    """Parameters that an empty value clears."""
    own_tags: Parameters = field(default_factory=dict)
    """Tags that the module sets without being asked."""
    whole: bool = False
    """A parameter that is left out is taken away: each change writes a new document."""

    # For the fields of the botocore model
    usual: Parameters = field(default_factory=dict)
    """Parameters that are no fields, which the description reads."""
    reading: Callable[[Any, Current], Reading] = lambda resource, current: Reading(current)
    """What was read for a plan: (the description, the resource as it is)."""
    no_parameters: frozenset[str] = frozenset()
    """Members of the request, except the tags, that are no parameters."""
    samples: Parameters = field(default_factory=dict)
    """By member: a value, where the first choice of the model would make another field meaningless."""
    variants: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"": ()})
    """By name: what is left out of a document with everything in it, as members exclude each other."""
    adapt: Callable[[dict[str, Any], str], object] = lambda document, variant: None
    """Change a document with everything in it to the variant."""
    filled_in: frozenset[str] = frozenset()
    """Of a whole document: fields whose sample is what the service fills in, so that to leave them out is the same."""

    # For the arguments
    operations: Mapping[str, str] = field(default_factory=dict)
    """By argument: the operation whose input its suboptions are, where it is not the creating one."""
    different: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By argument: the choices or suboptions that only one of module and model has. Say why in a comment."""

    exempt: Mapping[str, str] = field(default_factory=dict)
    """By shared test, or the file of shared tests: why it does not hold for this kind."""

    @cached_property
    def code(self) -> ModuleType:
        """The module's own code."""
        return importlib.import_module(f"{COLLECTION}.plugins.modules.{self.module}")

    @cached_property
    def resource(self) -> type[Resource]:
        """The description that the module runs."""
        (found,) = resources_of(self.code)
        return found

    @property
    def result_key(self) -> str:
        return str(self.resource.result_key)

    @property
    def create_operation(self) -> str:
        return self.creation or str(self.resource.request)  # type: ignore[attr-defined]  # of a ModelResource

    @property
    def delete_operation(self) -> str:
        return self.create_operation.replace("Create", "Delete")


def resources_of(module: ModuleType) -> list[type[Resource]]:
    """The descriptions of resources among the names of a module."""
    found = [value for value in vars(module).values() if inspect.isclass(value) and issubclass(value, Resource)]
    return [one for one in found if not inspect.isabstract(one)]


def modules() -> dict[str, ModuleType]:
    """The collection's modules by name."""
    names = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    return {name: importlib.import_module(f"{COLLECTION}.plugins.modules.{name}") for name in names}


def all_resources() -> set[type[Resource]]:
    """Every description of a resource in the collection's code, whether a module runs it or not."""
    base = ROOT / "plugins" / "module_utils"
    for path in base.rglob("*.py"):
        parts = path.relative_to(base).with_suffix("").parts
        importlib.import_module(".".join([COLLECTION, "plugins", "module_utils", *parts]).removesuffix(".__init__"))

    def below(kind: type[Resource]) -> Iterator[type[Resource]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    own = {one for one in below(Resource) if one.__module__.startswith(COLLECTION)}
    return {one for one in own if not inspect.isabstract(one)}


def asks_aws(module: ModuleType) -> bool:
    """Whether a module takes what it needs to connect to AWS."""
    fragments = yaml.safe_load(module.DOCUMENTATION).get("extends_documentation_fragment", [])
    return hasattr(module, "AwsModule") or "quilt.mcp_server.connection" in fragments


@cache
def every_kind() -> dict[str, Kind]:
    """The files of this folder, by module."""
    paths = sorted(Path(__file__).parent.glob("*.py"))
    names = [path.stem for path in paths if path.stem != "__init__" and not path.stem.startswith("test_")]
    return {name: importlib.import_module(f"{__name__}.{name}").KIND for name in names}


def kinds_of(test: str, table: str) -> list[Any]:
    """The kinds for which a shared test, or all of its file, holds: parameters of pytest."""
    kinds = every_kind().items()
    return [pytest.param(kind, id=name) for name, kind in kinds if not {test, table} & {*kind.exempt}]


def parametrize(metafunc: pytest.Metafunc, name: str = "kind") -> None:
    """Give a shared test the kinds for which it holds, where it takes one."""
    if name in metafunc.fixturenames:
        table = Path(metafunc.module.__file__).stem
        metafunc.parametrize(name, kinds_of(metafunc.function.__name__, table))
