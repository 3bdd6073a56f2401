"""Metrics in CloudWatch's embedded metric format: the log line of a tool call is also its data point."""

import time

from .logs import RequestRecord

NAMESPACE = "QuiltMcpServer"
_DEFINITION = {
    "Namespace": NAMESPACE,
    "Dimensions": [["tool"], []],
    "Metrics": [
        {"Name": "duration_ms", "Unit": "Milliseconds"},
        {"Name": "bytes", "Unit": "Bytes"},
        {"Name": "failures", "Unit": "Count"},
        {"Name": "crashes", "Unit": "Count"},
    ],
}


def data_point(request: RequestRecord) -> dict[str, object]:
    """What makes the log line of this request a data point; nothing if it called no tool.

    `failures` are calls that the caller got an error from, `crashes` those among them that are this server's fault.
    """
    if request.tool is None:
        return {}
    return {
        "failures": int(request.outcome != "ok"),
        "crashes": int(request.outcome in ("crash", "timeout")),
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [_DEFINITION]},
    }
