"""Resources and completions over HTTP, and what they refuse."""

import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from conftest import Running, token
from quilt_package import HASH, entry, push

README = "# Cells\n"
OLD = "2025-11-25"


def read(server: Running, uri: str, **headers: str) -> Any:
    contents = server.rpc("resources/read", {"uri": uri}, mcp_protocol_version=OLD, **headers)["contents"]
    assert len(contents) == 1
    return json.loads(contents[0]["text"]) if contents[0]["mimeType"] == "application/json" else contents[0]["text"]


def refused(server: Running, uri: str, **headers: str) -> str:
    body = {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": uri}}
    message: str = server.post(body, mcp_protocol_version=OLD, **headers).json()["error"]["message"]
    return message


def complete(server: Running, name: str, value: str, given: dict[str, str] | None = None, **headers: str) -> list[str]:
    params = {
        "ref": {"type": "ref/resource", "uri": "quilt+s3://{bucket}#package={name}"},
        "argument": {"name": name, "value": value},
        "context": {"arguments": given or {}},
    }
    values: list[str] = server.rpc("completion/complete", params, mcp_protocol_version=OLD, **headers)["completion"][
        "values"
    ]
    return values


@pytest.fixture
def package(s3: Any) -> None:
    s3.put_object(Bucket="quilt-example", Key="objects/README.md", Body=README.encode())
    s3.put_object(Bucket="quilt-secret", Key="objects/secret.md", Body=b"the secret of another")
    here = "s3://quilt-example/objects/README.md"
    entries = [entry("docs/README.md", physical_keys=[here]), entry("secret.md", bucket="quilt-secret")]
    push(s3, "team/data", entries)


def test_what_is_offered(server: Running) -> None:
    listed = server.rpc("resources/list", mcp_protocol_version=OLD)["resources"]
    assert {item["uri"] for item in listed} == {"auth://status", "athena://databases", "athena://workgroups"}
    templates = server.rpc("resources/templates/list", mcp_protocol_version=OLD)["resourceTemplates"]
    assert "quilt+s3://{bucket}#package={name}" in {item["uriTemplate"] for item in templates}
    assert all(item["description"] for item in [*listed, *templates])


def test_the_callers_own_status(server: Running) -> None:
    assert read(server, "auth://status")["subject"] == "alice"
    bearer = f"Bearer {token(sub='bob', buckets=['other'])}"
    assert read(server, "auth://status", Authorization=bearer)["buckets"] == ["other"]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("name", ["team/data", "team%2Fdata", f"team/data@{HASH}"])
def test_a_package_by_its_uri(server: Running, name: str) -> None:
    found = read(server, f"quilt+s3://quilt-example#package={name}")
    assert (found["package_name"], found["top_hash"]) == ("team/data", HASH)
    assert [item["logical_key"] for item in found["entries"]] == ["docs/README.md", "secret.md"]


PASTED = [
    "quilt+s3://quilt-example#package=team/data&catalog=demo.quiltdata.com",
    "quilt+s3://quilt-example#catalog=demo.quiltdata.com&package=team/data",
    "quilt+s3://quilt-example/#package=team/data",
    "QUILT+S3://quilt-example#package=team/data",
    "quilt+s3://quilt-example#package=team/data:latest",
    "quilt+s3://quilt-example#package=team%2Fdata%3Alatest",
    "quilt+s3://quilt-example#package=team/data:1700000000",
    f"quilt+s3://quilt-example#package=team/data@{HASH[:6]}",
    f"quilt+s3://quilt-example#package=team/data@{HASH[:10].upper()}&catalog=x",
    f"quilt+s3://quilt-example#catalog=x&package=team/data%40{HASH}",
]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("uri", PASTED)
def test_uris_as_people_paste_them(server: Running, uri: str) -> None:
    found = read(server, uri)
    assert (found["package_name"], found["top_hash"], len(found["entries"])) == ("team/data", HASH, 2)
    for form in (f"{uri}&path=docs/README.md", uri.replace("#", "#path=docs%2FREADME.md&")):
        assert read(server, form) == README


@pytest.mark.parametrize("key", ["50%_sample.csv", "a&b=c.md", "a+b c.md", "ü/%25.md", "x@y:z.md", "path=.md"])
def test_paths_with_characters_of_uris(server: Running, s3: Any, key: str) -> None:
    """As the catalog encodes them, and as quilt3 writes them: not at all."""
    s3.put_object(Bucket="quilt-example", Key="o", Body=README.encode())
    push(s3, "team/data", [entry(key, physical_keys=["s3://quilt-example/o"])])
    start = "quilt+s3://quilt-example#package=team/data&path="
    assert read(server, f"{start}{quote(key, safe='')}&catalog=demo.quiltdata.com") == README
    if "%25" not in key:
        assert read(server, start + key) == README


@pytest.mark.usefixtures("package")
def test_a_short_hash_must_name_one_version(server: Running, s3: Any) -> None:
    push(s3, "team/data", [], top_hash=HASH[:10] + "b" * 54)
    start = "quilt+s3://quilt-example#package=team/data@"
    assert "give more digits" in refused(server, start + HASH[:10])
    assert read(server, start + HASH[:11])["top_hash"] == HASH
    assert "no package version" in refused(server, start + "c" * 12)
    # It takes a list, which the token may not grant; a whole hash does not.
    bearer = f"Bearer {token(permissions=['s3:GetObject'])}"
    assert "does not grant s3:ListBucket" in refused(server, start + HASH[:11], Authorization=bearer)
    assert read(server, start + HASH, Authorization=bearer)["top_hash"] == HASH
    assert "does not grant the bucket" in refused(server, f"quilt+s3://quilt-secret#package=a/b@{HASH[:8]}")


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("path", ["docs/README.md", "docs%2FREADME.md"])
def test_a_file_of_a_package(server: Running, path: str) -> None:
    assert read(server, f"quilt+s3://quilt-example#package=team/data&path={path}") == README


@pytest.mark.usefixtures("package")
def test_what_the_caller_may_not_touch_is_refused(server: Running) -> None:
    assert "does not grant the bucket" in refused(server, "quilt+s3://quilt-secret#package=team/data")
    # The manifest is the caller's, the bytes it points to are not.
    message = refused(server, "quilt+s3://quilt-example#package=team/data&path=secret.md")
    assert "does not grant the bucket" in message and "the secret" not in message
    bearer = f"Bearer {token(buckets=[])}"
    assert "does not grant the bucket" in refused(
        server, "quilt+s3://quilt-example#package=team/data", Authorization=bearer
    )


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("quilt+s3://quilt-example#package=team/none", "no package team/none"),
        ("quilt+s3://quilt-example#package=team/data@abc", "64 hexadecimal"),
        (f"quilt+s3://quilt-example#package=team/data@{HASH}0", "64 hexadecimal"),
        (f"quilt+s3://quilt-example#package=team/data:latest@{HASH}", "not both"),
        ("quilt+s3://quilt-example#package=team/data:newest", "behind : must be a tag"),
        ("quilt+s3://quilt-example#package=team/data:1", "(tag 1)"),
        ("quilt+s3://quilt-example#package=team/data&package=team/other", "package twice"),
        ("quilt+s3://quilt-example#catalog=x", "Unknown resource"),
        ("quilt+s3://quilt-example#package=team/data&path=none", "no 'none'"),
        ("quilt+s3://quilt-example#package=../../x", ""),
        ("quilt+s3://quilt-example%2f..%2fquilt-secret#package=a/b", ""),
        ("quilt+s3://quilt-example", "Unknown resource"),
        ("file:///etc/passwd", "Unknown resource"),
    ],
)
def test_a_wrong_uri_is_explained(server: Running, uri: str, said: str) -> None:
    message = refused(server, uri)
    assert said in message
    assert "Traceback" not in message and "root:" not in message


@pytest.mark.usefixtures("package")
def test_completes_buckets_and_packages(server: Running, s3: Any) -> None:
    push(s3, "team/more", [], top_hash="b" * 64)
    push(s3, "other/data", [], top_hash="b" * 64)
    assert complete(server, "bucket", "quilt-") == ["quilt-example"]
    assert complete(server, "bucket", "x") == []
    given = {"bucket": "quilt-example"}
    assert complete(server, "name", "team/", given) == ["team/data", "team/more"]
    assert complete(server, "package", "o", given) == ["other/data"]
    assert complete(server, "name", "") == []


@pytest.mark.usefixtures("package")
def test_completions_show_nothing_of_foreign_buckets(server: Running, s3: Any) -> None:
    push(s3, "team/secret", [], bucket="quilt-secret")
    assert complete(server, "name", "", {"bucket": "quilt-secret"}) == []
    assert complete(server, "bucket", "", Authorization=f"Bearer {token(buckets=[])}") == []


@pytest.mark.parametrize("method", ["completion/complete", "resources/read"])
def test_no_method_takes_longer_than_a_tool(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """With an AWS that does not answer: a listener that nobody accepts for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        slow = serve(QUILT_MCP_TOOL_TIMEOUT="1")
        uri = "quilt+s3://quilt-example#package=team/data"
        asked: dict[str, Any] = {"uri": uri}
        if method == "completion/complete":
            template = {"type": "ref/resource", "uri": "quilt+s3://{bucket}#package={name}"}
            given = {"arguments": {"bucket": "quilt-example"}}
            asked = {"ref": template, "argument": {"name": "name", "value": "a/"}, "context": given}
        answer = slow.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": asked}).json()
        assert answer["error"]["message"] == f"{method} took longer than 1 s and was stopped"
        call = {"name": "packages_list", "arguments": {"registry": "quilt-example"}}
        assert "packages_list took longer than 1 s" in slow.rpc("tools/call", call)["content"][0]["text"]


@pytest.mark.usefixtures("athena")
def test_resources_and_completions_show_the_same(server: Running) -> None:
    assert read(server, "athena://databases") == {"databases": ["mine"]}
    assert read(server, "athena://workgroups")["default"] == "primary"
    assert complete(server, "database", "") == ["mine"]
    assert complete(server, "database", "s") == []
    assert complete(server, "table", "or", {"database": "mine"}) == ["orders"]
    assert complete(server, "table", "", {"database": "secret"}) == []
