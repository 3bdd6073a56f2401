"""The WSGI application around moto: platform routes, faults, one account, the recorder, errors that AWS could give."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.emulator import ended_sessions, reserved_tags
from sandbox.emulator.errors import Answer, aws_error
from sandbox.emulator.faults import Faults
from sandbox.emulator.identify import Environ, Request, identify
from sandbox.emulator.lock import api_lock
from sandbox.emulator.recorder import Recorder

log = logging.getLogger("sandbox.emulator")

StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class LostReply(ConnectionError):
    """The call was performed; its answer never arrives. The server closes the connection."""


class Application:
    """WSGI: /_platform/... goes to `routes` (never recorded), everything else is an AWS call to moto."""

    def __init__(self, account_id: str, recorder: Recorder, faults: Faults, silent_keys: Iterable[str]) -> None:
        self.account_id = account_id
        self.recorder = recorder
        self.faults = faults
        self.silent_keys = set(silent_keys)
        self.routes: dict[str, WsgiApp] = {}
        self._moto = DomainDispatcherApplication(_backend_app)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", "/"))
        for prefix, route in self.routes.items():
            if path.startswith(prefix):
                return route(environ, start_response)
        request = identify(environ)
        if request.access_key in self.silent_keys:
            return self._send(self._perform(environ, request), start_response)
        return self._send(self._recorded(environ, request), start_response)

    def _recorded(self, environ: Environ, request: Request) -> Answer:
        for fault in self.faults.take(request):
            if fault.kind == "before":
                assert fault.callback is not None
                fault.callback()
            elif fault.kind == "lost_reply":
                self._perform(environ, request)
                self.recorder.add(request, 0)
                raise LostReply(f"{request.service}:{request.operation}")
            else:
                code, status = fault.answer(request.service)
                self.recorder.add(request, status)
                return aws_error(request.service, code, fault.message, status)
        refused = ended_sessions.refusal(request, self.account_id) or reserved_tags.refusal(request, environ)
        answer = refused or self._perform(environ, request)
        self.recorder.add(request, answer[0])
        return answer

    def _perform(self, environ: Environ, request: Request) -> Answer:
        """Ask moto. What it has not implemented, or breaks on, becomes a 4xx: botocore retries every 500."""
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = self.account_id
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            started[:] = [int(status.split(" ", 1)[0]), headers]

        name = f"{request.service}:{request.operation}"
        try:
            with api_lock:
                chunks = self._moto(environ, start_response)
                body = b"".join(chunks)
                if hasattr(chunks, "close"):
                    chunks.close()
        except NotImplementedError as error:
            log.warning("%s is not implemented: %s", name, error)
            text = f"the sandbox does not implement {name} ({error})"
            return aws_error(request.service, "UnsupportedOperation", text, 400)
        except Exception as error:
            log.exception("%s failed in moto", name)
            text = f"the sandbox broke on {name}: {type(error).__name__}: {error}; its log has the traceback"
            return aws_error(request.service, "SandboxDefect", text, 400)
        return started[0], started[1], body

    @staticmethod
    def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
        status, headers, body = answer
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "Unknown"
        start_response(f"{status} {phrase}", headers)
        return [body]


def _backend_app(service: Any) -> Any:
    """moto's application of one service; moto itself breaks on a service that it does not know."""
    if service is None:
        raise NotImplementedError("moto has no such service")
    return create_backend_app(service)
