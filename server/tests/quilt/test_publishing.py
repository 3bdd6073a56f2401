"""S3 performed a request and its response was lost: the SDK retries, and finds the first request's result."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Running
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from stub import serving

NAMED = "/quilt-example/.quilt/named_packages/team/data/"
PACKAGE = {
    "registry": "quilt-example",
    "package_name": "team/data",
    "entries": [{"s3_uri": "s3://quilt-example/a.csv"}],
}


class S3:
    """Objects with conditional writes. The first write to a key that ends in `loses` is done, and answered by 500."""

    def __init__(self) -> None:
        self.objects = {"/quilt-example/a.csv": b"1"}
        self.loses: str | tuple[str, ...] = "nothing"
        self.fails = "nothing"
        self._lost: set[str] = set()

    async def answer(self, request: Request) -> Response:
        key, body = request.url.path, await request.body()
        if request.method == "PUT":
            return self._put(key, body, request.headers)
        if "list-type" in request.query_params:
            prefix = f"/quilt-example/{request.query_params['prefix']}"
            found = [name.removeprefix("/quilt-example/") for name in sorted(self.objects) if name.startswith(prefix)]
            items = "".join(f"<Contents><Key>{name}</Key><Size>64</Size></Contents>" for name in found)
            return Response(f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>")
        if key not in self.objects:
            return self._error("NoSuchKey", 404)
        when = "Sun, 22 Nov 2026 12:00:00 GMT"
        return Response(self.objects[key], headers={"ETag": '"e"', "Last-Modified": when})

    def _put(self, key: str, body: bytes, headers: Any) -> Response:
        if key.removeprefix(NAMED).isdigit() and self.fails == "time":
            return self._error("AccessDenied", 403)
        if headers.get("if-none-match") == "*" and key in self.objects:
            return self._error("PreconditionFailed", 412)
        self.objects[key] = body
        if key.endswith(self.loses) and key not in self._lost:
            self._lost.add(key)
            return self._error("InternalError", 500)
        return Response("", headers={"ETag": '"e"'})

    @staticmethod
    def _error(code: str, status: int) -> Response:
        return Response(f"<Error><Code>{code}</Code><Message>no</Message></Error>", status)

    @property
    def times(self) -> list[str]:
        return [key for key in self.objects if key.removeprefix(NAMED).isdigit()]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    found = S3()
    routes = [Route("/{path:path}", found.answer, methods=["GET", "HEAD", "PUT"])]
    with serving(Starlette(routes=routes)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield found


@pytest.fixture
def server(store: S3, serve: Callable[..., Running]) -> Running:
    return serve()


def test_a_new_package_is_its_makers(server: Running, store: S3) -> None:
    store.loses = "/latest"
    made = server.call("package_create", PACKAGE)
    assert made["written"] is True
    assert store.objects[f"{NAMED}latest"].decode() == made["top_hash"]
    assert len(store.times) == 1


def test_a_time_is_not_kept_twice(server: Running, store: S3) -> None:
    store.loses = tuple("0123456789")  # how a time ends
    server.call("package_create", PACKAGE)
    assert len(store.times) == 1


def test_a_publication_that_was_cut_off_is_finished_by_the_next_call(server: Running, store: S3) -> None:
    store.fails = "time"
    assert "AccessDenied" in server.fail("package_create", PACKAGE)
    assert (f"{NAMED}latest" in store.objects, store.times) == (True, [])
    store.fails = "nothing"
    for _ in range(2):
        assert server.call("package_create", PACKAGE)["written"] is False
        assert len(store.times) == 1
    assert len(server.call("package_versions", {name: PACKAGE[name] for name in ("registry", "package_name")})) == 2


def test_an_object_is_its_writers(server: Running, store: S3) -> None:
    store.loses = "/plain.txt"
    asked = {"bucket": "quilt-example", "objects": [{"key": "plain.txt", "content": "x"}]}
    assert server.call("bucket_objects_put", asked)["results"][0]["problem"] is None
    # What was there before is reported, though it is the same.
    assert "PreconditionFailed" in server.call("bucket_objects_put", asked)["results"][0]["problem"]
