"""A program for a task: says hello on the port that the process engine gives it, and who it is as AWS sees it."""

from __future__ import annotations

import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Greeter(BaseHTTPRequestHandler):
    """Answers every GET."""

    def do_GET(self) -> None:
        body = f"hello from {os.environ['AWS_REGION']}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


HTTPServer((os.environ["QUILT_MCP_HOST"], int(os.environ["QUILT_MCP_PORT"])), Greeter).serve_forever()
