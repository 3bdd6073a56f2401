"""URLs in the Quilt catalog, for people to open and to share. None of these tools calls AWS."""

from typing import Annotated
from urllib.parse import quote

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from ..auth.principal import authorize, principal
from ..config import Config
from ..protocol.tool import PackageName, Registry, TopHash, tool
from ..quilt.locations import check_package_name, is_top_hash, parse_bucket

Path = Annotated[str, Field(description="Path in the package; without a package, key.", max_length=1024)]


class CatalogUrl(BaseModel):
    url: str


class CatalogUri(BaseModel):
    uri: str


class CatalogTools:
    """Builds URLs; the catalog's own is from the configuration."""

    def __init__(self, config: Config) -> None:
        self._base = config.catalog_url

    @tool("Link into the catalog", actions=("s3:ListBucket",))
    async def catalog_url(
        self,
        registry: Registry,
        package_name: Annotated[str | None, Field(description="user/name", max_length=200)] = None,
        path: Path = "",
        top_hash: TopHash = None,
    ) -> CatalogUrl:
        """The web address of a bucket, an object or a package in the Quilt catalog, for a person."""
        if self._base is None:
            raise ToolError("this server knows no catalog; its operator can set QUILT_MCP_CATALOG_URL")
        bucket = _bucket(registry)
        if package_name is None:
            return CatalogUrl(url=f"{self._base}/b/{bucket}/tree/{quote(path)}")
        name = check_package_name(package_name)
        return CatalogUrl(url=f"{self._base}/b/{bucket}/packages/{name}/tree/{_version(top_hash)}/{quote(path)}")

    @tool("Write a Quilt+ URI", actions=("s3:ListBucket",))
    async def catalog_uri(
        self, registry: Registry, package_name: PackageName, path: Path = "", top_hash: TopHash = None
    ) -> CatalogUri:
        """The quilt+s3 URI of a package, of one version of it, or of a path in it, to cite it."""
        bucket, name = _bucket(registry), check_package_name(package_name)
        version = f"@{_version(top_hash)}" if top_hash else ""
        inside = f"&path={quote(path)}" if path else ""
        return CatalogUri(uri=f"quilt+s3://{bucket}#package={name}{version}{inside}")


def _bucket(registry: str) -> str:
    bucket = parse_bucket(registry)
    authorize(principal(), bucket, "s3:ListBucket")
    return bucket


def _version(top_hash: str | None) -> str:
    if top_hash is not None and not is_top_hash(top_hash):
        raise ToolError("top_hash must be 64 hexadecimal digits in lower case")
    return top_hash or "latest"
