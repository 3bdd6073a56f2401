"""URIs of resources, as the SDK compares them with their templates."""

from urllib.parse import quote


def template_form(uri: str) -> str:
    """A quilt+s3 URI as its resource template matches it, for which a slash in a variable must be written as %2F."""
    registry, mark, rest = uri.partition("#package=")
    if not registry.startswith("quilt+s3://") or not mark:
        return uri
    name, separator, path = rest.partition("&path=")
    return registry + mark + quote(name, safe="%@") + separator + quote(path, safe="%")
