"""Metrics in the log lines of tool calls."""

from server_process import Start, lines


def test_the_line_of_a_tool_call_is_a_data_point(start: Start) -> None:
    process, server = start()
    server.call("whoami")
    server.fail("bucket_objects_list", {"bucket": "quilt-secret"})
    server.rpc("ping")
    process.terminate()
    output, _ = process.communicate(timeout=10)
    written = [line for line in lines(output) if line["message"] == "request"]
    assert [(line.get("tool"), line.get("failures"), line.get("crashes")) for line in written] == [
        ("whoami", 0, 0),
        ("bucket_objects_list", 1, 0),
        (None, None, None),
    ]
    (definition,) = written[0]["_aws"]["CloudWatchMetrics"]
    for name in [metric["Name"] for metric in definition["Metrics"]] + definition["Dimensions"][0]:
        assert name in written[0], name
    assert "_aws" not in written[2]


def test_metrics_can_be_switched_off(start: Start) -> None:
    process, server = start(QUILT_MCP_METRICS="none")
    server.call("whoami")
    process.terminate()
    assert "_aws" not in process.communicate(timeout=10)[0]
