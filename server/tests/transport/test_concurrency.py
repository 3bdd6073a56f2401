"""How many requests are served at once. test_disconnect.py has the shares of users."""

from collections.abc import Callable
from threading import Event, Thread

import pytest
from conftest import ORIGIN, PING, Running
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from stub import serving

EMPTY = b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>'
WHOAMI = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami", "arguments": {}}}


def test_overload_is_503_with_retry_after_and_health_stays(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = Event(), Event()

    def listing(_: Request) -> Response:
        asked.set()
        answer.wait(20)
        return Response(EMPTY, media_type="application/xml")

    with serving(Starlette(routes=[Route("/{path:path}", listing)])) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        server = serve(QUILT_MCP_MAX_REQUESTS="1")
        slow = Thread(target=server.call, args=("bucket_objects_list", {"bucket": "quilt-example"}))
        slow.start()
        assert asked.wait(10)
        response = server.post(WHOAMI, Origin=ORIGIN)
        assert (response.status_code, response.headers["retry-after"]) == (503, "2")
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert server.http.get("/healthz").status_code == 200
        assert server.post(PING).status_code == 200
        answer.set()
        slow.join()
        assert server.post(WHOAMI).status_code == 200
