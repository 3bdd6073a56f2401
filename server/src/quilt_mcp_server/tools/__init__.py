"""The tools, one file for each group. A tool is an async method marked with `@tool`."""

from ..aws import Gateway
from ..config import Config
from ..workflows import Workflows
from .athena import AthenaTools
from .buckets import BucketTools
from .catalog import CatalogTools
from .databases import DatabaseTools
from .deleting import DeletingTools
from .entries import EntryTools
from .identity import IdentityTools
from .objects import ObjectTools
from .packages import PackageTools
from .packaging import PackagingTools
from .putting import PuttingTools
from .validating import ValidatingTools


def groups(config: Config, aws: Gateway) -> list[object]:
    """Every group of tools, ready to be registered."""
    workflows = Workflows(aws)
    return [
        IdentityTools(config),
        BucketTools(aws),
        ObjectTools(aws),
        PuttingTools(aws),
        PackageTools(aws),
        EntryTools(aws),
        PackagingTools(config, aws, workflows),
        DeletingTools(aws),
        ValidatingTools(config, aws, workflows),
        DatabaseTools(config, aws),
        AthenaTools(config, aws),
        CatalogTools(config),
    ]
