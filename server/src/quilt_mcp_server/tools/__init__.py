"""The tools by Quilt's nouns: each file is about one, and holds one class. A tool is an async method under `@tool`."""

from ..aws import Gateway
from ..config import Config
from ..workflows import Workflows
from .athena_catalog import AthenaCatalogTools
from .athena_query import AthenaQueryTools
from .buckets import BucketTools
from .catalog import CatalogTools
from .identity import IdentityTools
from .objects_read import ObjectsReadTools
from .objects_write import ObjectsWriteTools
from .packages_delete import PackagesDeleteTools
from .packages_list import PackagesListTools
from .packages_read import PackagesReadTools
from .packages_validate import PackagesValidateTools
from .packages_write import PackagesWriteTools


def groups(config: Config, aws: Gateway) -> list[object]:
    """Every group of tools, ready to be registered."""
    workflows = Workflows(aws)
    return [
        IdentityTools(config),
        BucketTools(aws),
        ObjectsReadTools(aws),
        ObjectsWriteTools(aws),
        PackagesListTools(aws),
        PackagesReadTools(aws),
        PackagesWriteTools(config, aws, workflows),
        PackagesDeleteTools(aws),
        PackagesValidateTools(config, aws, workflows),
        AthenaCatalogTools(config, aws),
        AthenaQueryTools(config, aws),
        CatalogTools(config),
    ]
