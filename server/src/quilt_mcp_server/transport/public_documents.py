"""Documents for everybody: any web page may read them, in contrast to the endpoint."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send


class PublicDocumentsMiddleware:
    """Answers some paths itself, for every origin. A client in a browser is at an origin that nobody knows beforehand.

    Args:
        routes: Fixed paths without secrets.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[Route]) -> None:
        self._app = app
        self._paths = {route.path for route in routes}
        router = ExceptionMiddleware(Router(routes, redirect_slashes=False))
        self._documents = CORSMiddleware(
            router, allow_origins=["*"], allow_methods=["GET"], allow_headers=["*"], max_age=600
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        public = scope["type"] == "http" and scope["path"] in self._paths
        await (self._documents if public else self._app)(scope, receive, send)
