"""How S3's answer to ListObjectsV2 is read. Importing this loads the SDK, so it is imported where a client is created.

botocore reads an answer by the model of the operation, each element by several functions and each time by a parser of
all the forms that people write; for 1,000 keys this takes 60 ms. Here one loop reads the fields that this server uses.
"""

from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from aiobotocore.parsers import AioResponseParserFactory, AioRestXMLParser

_TEXTS = frozenset(
    ("Name", "Prefix", "Delimiter", "EncodingType", "ContinuationToken", "NextContinuationToken", "StartAfter")
)
_NUMBERS = frozenset(("MaxKeys", "KeyCount"))
_TEXTS_OF_OBJECT = frozenset(("Key", "ETag", "StorageClass"))


class ListingParser(AioRestXMLParser):  # type: ignore[misc]  # botocore has no types
    """botocore's, with a short way for successful listings. Errors, and what is no listing, are read as before."""

    def _parse_payload(self, response: Any, shape: Any, member_shapes: Any, final_parsed: dict[str, Any]) -> None:
        if shape.name == "ListObjectsV2Output":
            root = self._initial_body_parse(response["body"])
            try:
                final_parsed.update(_listing(root))
            except ValueError:
                pass  # Not in the form that S3 writes; botocore reads others too.
            else:
                return
        super()._parse_payload(response, shape, member_shapes, final_parsed)


class ListingParserFactory(AioResponseParserFactory):  # type: ignore[misc]  # botocore has no types
    """Creates the parsers of the shared clients."""

    def create_parser(self, protocol_name: str) -> Any:
        return ListingParser(**self._defaults) if protocol_name == "rest-xml" else super().create_parser(protocol_name)


def _listing(root: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    objects: list[dict[str, Any]] = []
    folders: list[dict[str, str]] = []
    for element in root:
        name = element.tag.rpartition("}")[2]
        if name == "Contents":
            objects.append(_object(element))
        elif name == "CommonPrefixes":
            folders += [{"Prefix": part.text or ""} for part in element if part.tag.rpartition("}")[2] == "Prefix"]
        elif name in _TEXTS:
            found[name] = element.text or ""
        elif name in _NUMBERS:
            found[name] = int(element.text or "")
        elif name == "IsTruncated":
            found[name] = element.text == "true"
    if objects:
        found["Contents"] = objects
    if folders:
        found["CommonPrefixes"] = folders
    return found


def _object(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in element:
        name, text = part.tag.rpartition("}")[2], part.text or ""
        if name in _TEXTS_OF_OBJECT:
            found[name] = text
        elif name == "Size":
            found[name] = int(text)
        elif name == "LastModified":
            found[name] = datetime.fromisoformat(text)
    return found
