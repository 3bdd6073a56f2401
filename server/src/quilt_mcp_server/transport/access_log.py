"""One log line for every request, with any outcome."""

import logging
import time
import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..telemetry.logs import RequestRecord, access_log, current_record, shortened
from ..telemetry.metrics import data_point

_TRACE_HEADER = b"x-amzn-trace-id"
_TRACE_LENGTH = 256
_QUIET = frozenset({"/healthz", "/mcp/healthz"})


class AccessLogMiddleware:
    """Opens the request's record, answers with its id (X-Request-Id), and logs the record at the end.

    Logged are the path without its query, and never a header's value but the balancer's trace id.
    """

    def __init__(self, app: ASGIApp, metrics: bool) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request = RequestRecord(request_id=uuid.uuid4().hex, trace_id=_trace_id(scope))
        token = current_record.set(request)
        status, size = 0, 0

        async def counting_send(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request.request_id.encode())]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counting_send)
        except Exception:
            status, request.outcome = status or 500, "crash"
            raise
        finally:
            current_record.reset(token)
            # Health checks come every few seconds; they matter when they fail.
            level = logging.DEBUG if scope["path"] in _QUIET and status == 200 else logging.INFO
            if access_log.isEnabledFor(level):
                duration = (time.perf_counter() - started) * 1000
                for part in request.parts:
                    self._log(level, "part of a batch", _fields(part, part.duration_ms, part.bytes), part)
                asked = {"http_method": scope["method"], "path": shortened(scope["path"]), "status": status}
                self._log(level, "request", asked | _fields(request, duration, size), request)

    def _log(self, level: int, message: str, fields: dict[str, object], request: RequestRecord) -> None:
        if self._metrics:
            fields |= data_point(request)
        access_log.log(level, message, extra={"fields": fields})


def _fields(request: RequestRecord, duration: float, size: int) -> dict[str, object]:
    fields: dict[str, object | None] = {
        "request_id": request.request_id,
        "trace_id": request.trace_id,
        "subject": request.subject and shortened(request.subject),
        "method": request.method,
        "tool": request.tool,
        "outcome": request.outcome,
        "duration_ms": round(duration, 1),
        "bytes": size,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _trace_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == _TRACE_HEADER:
            return str(value[:_TRACE_LENGTH].decode("latin-1"))
    return None
