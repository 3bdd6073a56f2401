"""A server that is there and says that it is not ready."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        print("never_healthy answers 503", flush=True)
        self.send_error(503)


class Server(HTTPServer):
    def handle_error(self, *_: object) -> None:
        """Nothing for a check that did not wait for its answer: its traceback would be all that the log's end shows."""


Server((os.environ["QUILT_MCP_HOST"], int(os.environ["QUILT_MCP_PORT"])), Handler).serve_forever()
