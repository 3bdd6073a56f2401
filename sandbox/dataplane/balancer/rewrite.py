"""Where a redirect points, and what transforms make of a request. Pure."""

from __future__ import annotations

import re
from typing import Any

from sandbox.dataplane.balancer.match import Request


def location(config: dict[str, Any], request: Request, protocol: str, port: int) -> str:
    """The Location of a redirect action. `protocol` and `port` are the listener's; AWS always names the port."""
    given = {
        "#{protocol}": protocol.lower(),
        "#{host}": request.host_name,
        "#{port}": str(port),
        "#{path}": request.path.removeprefix("/"),
        "#{query}": request.query,
    }

    def fill(text: str) -> str:
        return re.sub(r"#\{\w+\}", lambda found: given.get(found[0], found[0]), text)

    query = fill(config["Query"])
    url = f"{fill(config['Protocol']).lower()}://{fill(config['Host'])}:{fill(config['Port'])}{fill(config['Path'])}"
    return f"{url}?{query}" if query else url


def transformed(transforms: list[dict[str, Any]], request: Request) -> Request:
    """The request as the target sees it. A rewrite whose expression is not found changes nothing.

    AWS: the URL rewrite sees path and query. That only the first match is replaced could not be checked against AWS.
    """
    host, url = request.host, f"{request.path}?{request.query}" if request.query else request.path
    for transform in transforms:
        if transform["Type"] == "host-header-rewrite":
            host = _rewritten(transform["HostHeaderRewriteConfig"], host)
        else:
            url = _rewritten(transform["UrlRewriteConfig"], url)
    path, _, query = url.partition("?")
    return Request(request.method, host, path, query, request.headers, request.source_ip)


def _rewritten(config: dict[str, Any], text: str) -> str:
    for rewrite in config["Rewrites"]:
        # AWS writes groups as $1; in Python's replacement a backslash is special and a dollar is not.
        replacement = re.sub(r"\$(\d)", r"\\g<\1>", rewrite["Replace"].replace("\\", r"\\"))
        text = re.sub(rewrite["Regex"], replacement, text, count=1)
    return text
