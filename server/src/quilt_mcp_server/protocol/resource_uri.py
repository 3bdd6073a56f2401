"""Quilt+ URIs as people paste them, in the form in which the SDK compares them with resource templates."""

from urllib.parse import quote, unquote

_SCHEME = "quilt+s3"
_PARTS = ("package", "path", "catalog")


def template_form(uri: str) -> str:
    """A quilt+s3 URI as its resource template matches it; any other URI as it is.

    The parts behind `#` may be in any order. `catalog` names the web site that the URI is from and is left out. What is
    written without being encoded is read, too: a `%` that begins no escape, and `&` in a path.

    Raises:
        ValueError: if a part is there twice.
    """
    scheme, slashes, rest = uri.partition("://")
    registry, mark, fragment = rest.partition("#")
    if scheme.lower() != _SCHEME or not slashes or not mark:
        return uri
    parts = _parts(fragment)
    if "package" not in parts:
        return uri
    shown = [f"{name}={quote(unquote(parts[name]), safe='')}" for name in ("package", "path") if parts.get(name)]
    return f"{_SCHEME}://{registry.removesuffix('/')}#{'&'.join(shown)}"


def _parts(fragment: str) -> dict[str, str]:
    found: dict[str, str] = {}
    last = None
    for piece in fragment.split("&"):
        name, equals, value = piece.partition("=")
        if equals and name.lower() in _PARTS:
            last = name.lower()
            if last in found:
                raise ValueError(f"the Quilt+ URI has the part {last} twice; write & in a path as %26")
            found[last] = value
        elif last is not None:
            # Of a path that holds the character itself.
            found[last] += f"&{piece}"
    return found
