"""The load balancer over TLS with real targets: routing, health, draining, errors as an ALB gives them."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections import Counter
from pathlib import Path

import pytest

from sandbox.dataplane.balancer.load_balancer import LoadBalancer
from sandbox.emulator.control_plane import ControlPlane
from sandbox.testing.elbv2_stack import Stack, fixed, forward, host, path
from sandbox.testing.upstream import Upstream, connect, wait_until
from sandbox.tests.dataplane.balancer.world import HOST, Answer, World
from sandbox.tls import Certificates


def test_rules_are_followed_as_they_change(world: World) -> None:
    world.stack.rule(100, [host(HOST), path("/a")], Actions=[fixed("201", "hundred")])
    assert world.get("/a").status == 201
    assert world.get("/a").body == b"hundred"
    assert world.get("/b").status == 404
    rule = world.stack.rule(50, [path("/*")], Actions=[fixed("202")])
    assert world.get("/a").status == 202
    world.stack.elb.set_rule_priorities(RulePriorities=[{"RuleArn": rule["RuleArn"], "Priority": 150}])
    assert world.get("/a").status == 201
    assert world.get("/b").status == 202
    world.stack.elb.delete_rule(RuleArn=rule["RuleArn"])
    assert world.get("/b").status == 404


@pytest.mark.parametrize(
    ("sent", "status", "seen"),
    [
        ("localhost:{port}", 200, HOST),
        ("127.0.0.1", 200, HOST),
        (HOST, 200, HOST),
        (HOST + ":{port}", 200, HOST),
        (HOST + ":9", 200, HOST + ":9"),
        ("other.quiltdata.com", 404, None),
    ],
)
def test_localhost_stands_for_the_public_host(world: World, sent: str, status: int, seen: str | None) -> None:
    group = world.group("a")
    world.stack.rule(1, [host(HOST)], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    answer = world.get("/echo", Host=sent.format(port=world.balancer.port))
    assert answer.status == status
    if seen:
        assert answer.json["headers"]["host"] == seen


def test_what_the_target_and_the_client_see(world: World) -> None:
    group = world.group("a")
    rule = world.stack.rule(1, Actions=[forward(group)], Conditions=[path("/*")])
    world.wait_for(group, "healthy")
    answer = world.get(
        "/echo/%2F?a=b&c=%20",
        "POST",
        b"x" * 100_000,
        X_Forwarded_For="1.2.3.4",
        X_Forwarded_Proto="gopher",
        Connection="close, X-Mine",
        X_Mine="1",
        X_Kept="yes",
    )
    seen = answer.json
    assert (seen["method"], seen["path"], len(seen["body"])) == ("POST", "/echo/%2F?a=b&c=%20", 100_000)
    headers = seen["headers"]
    assert headers["x-forwarded-for"] == "1.2.3.4, 127.0.0.1"
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", "443")
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert headers["x-kept"] == "yes"
    assert "x-mine" not in headers
    assert answer.headers["server"].startswith("BaseHTTP")
    assert "keep-alive" not in answer.headers
    entry = world.entry("/echo")
    assert entry["rule_arn"] == rule["RuleArn"]
    assert (entry["priority"], entry["target"], entry["target_status"]) == ("1", "10.0.1.10:8000", 200)
    assert entry["trace_id"] == headers["x-amzn-trace-id"]


def test_the_log_is_a_file_too(world: World, tmp_path: Path) -> None:
    world.get("/nothing")
    world.entry("/nothing")
    (line,) = (tmp_path / "alb.log").read_text().splitlines()
    assert json.loads(line)["status"] == 404
    assert json.loads(line)["path"] == "/nothing"


@pytest.mark.parametrize("status", [204, 304, 404, 500])
def test_the_status_of_the_target_is_passed_on(world: World, status: int) -> None:
    group = world.group("a")
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    assert world.get(f"/status?code={status}").status == status
    head = world.get("/echo", "HEAD")
    assert (head.status, head.body) == (200, b"")


def test_bodies_stream_in_both_directions(world: World) -> None:
    group = world.group("a")
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    connection = connect(world.balancer.port, world.ca)
    connection.request("GET", "/stream")
    response = connection.getresponse()
    assert response.read(5) == b"first"
    world.upstreams["a"].release.set()
    assert response.read() == b"second"
    connection.close()
    # http.client sends an iterable without a length in chunks.
    assert world.get("/echo", "PUT", iter([b"one", b"two"])).json["body"] == "onetwo"


def test_a_client_connection_is_kept_alive(world: World) -> None:
    connection = connect(world.balancer.port, world.ca)
    for _ in range(3):
        connection.request("GET", "/")
        assert connection.getresponse().read() == b""
    wait_until(lambda: len(world.balancer.recent()) == 3)
    clients = {entry["client"] for entry in world.balancer.recent(3)}
    assert len(clients) == 1
    connection.close()


def test_round_robin_over_healthy_targets_only(world: World) -> None:
    group = world.group("a", "b", "c", UnhealthyThresholdCount=2)
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy", "healthy", "healthy")
    assert Counter(world.get("/echo").json["name"] for _ in range(9)) == {"a": 3, "b": 3, "c": 3}
    world.upstreams["b"].health = 503
    world.wait_for(group, "healthy", "healthy", "unhealthy Target.ResponseCodeMismatch")
    assert Counter(world.get("/echo").json["name"] for _ in range(8)) == {"a": 4, "c": 4}
    world.upstreams["b"].health = 200
    world.wait_for(group, "healthy", "healthy", "healthy")


def test_without_a_healthy_target_all_are_asked(world: World) -> None:
    group = world.group()
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.register(group, "a")
    world.upstreams["a"].health = 500
    world.wait_for(group, "unhealthy Target.ResponseCodeMismatch")
    assert world.get("/echo").json["name"] == "a"


def test_reasons_of_unhealthy_targets(world: World) -> None:
    group = world.group("closed")
    world.register(group, "absent", running=False)
    world.upstreams["closed"].stop()
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "unhealthy Target.FailedHealthChecks", "unhealthy Target.Timeout")


def test_weights_between_groups(world: World) -> None:
    blue, green = world.group("blue"), world.group("green")
    action = forward(blue, green)
    for one, weight in zip(action["ForwardConfig"]["TargetGroups"], (3, 1), strict=True):
        one["Weight"] = weight
    world.stack.rule(1, [path("/*")], Actions=[action])
    world.wait_for(blue, "healthy")
    world.wait_for(green, "healthy")
    assert Counter(world.get("/echo").json["name"] for _ in range(8)) == {"blue": 6, "green": 2}


def test_draining_finishes_what_runs_and_gets_nothing_new(world: World) -> None:
    group = world.group("old")
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    answers: list[Answer] = []
    running = threading.Thread(target=lambda: answers.append(world.get("/wait")))
    running.start()
    wait_until(lambda: world.upstreams["old"].seen == ["/wait"])
    world.register(group, "new")
    world.wait_for(group, "healthy", "healthy")
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "100"}]
    world.stack.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
    world.stack.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.1.10"}])
    assert sorted(world.stack.health(group).values()) == ["draining Target.DeregistrationInProgress", "healthy"]
    assert {world.get("/echo").json["name"] for _ in range(4)} == {"new"}
    world.upstreams["old"].release.set()
    running.join()
    assert (answers[0].status, answers[0].body) == (200, b"old")
    world.wait_for(group, "healthy")


def test_no_request_is_lost_while_targets_are_replaced(world: World) -> None:
    """The order of a rolling deployment: the new target healthy, the old one deregistered, drained, then stopped."""
    group = world.group("v0")
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "20"}]
    world.stack.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    answers: Counter[str] = Counter()
    done = threading.Event()

    def clicks() -> None:
        connection = connect(world.balancer.port, world.ca)
        while not done.is_set():
            try:
                connection.request("POST", "/echo", b"body")
                response = connection.getresponse()
                body = response.read()
                answers[json.loads(body)["name"] if response.status == 200 else str(response.status)] += 1
            except OSError as error:
                answers[type(error).__name__] += 1

    clients = [threading.Thread(target=clicks) for _ in range(4)]
    for one in clients:
        one.start()
    try:
        for version in (1, 2, 3):
            world.register(group, f"v{version}")
            world.wait_for(group, "healthy", "healthy")
            wait_until(lambda name=f"v{version}": answers[name] > 0)
            world.stack.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": f"10.0.1.{version + 9}"}])
            world.wait_for(group, "healthy")
            world.upstreams[f"v{version - 1}"].stop()
    finally:
        done.set()
        for one in clients:
            one.join()
    assert set(answers) == {"v0", "v1", "v2", "v3"}


@pytest.mark.parametrize(
    ("path_", "status"),
    [
        pytest.param("/hangup", 502, id="closed without an answer"),
        pytest.param("/not_http", 502, id="not HTTP"),
    ],
)
def test_bad_gateway(world: World, path_: str, status: int) -> None:
    group = world.group("a")
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    answer = world.get(path_)
    assert (answer.status, answer.headers["server"]) == (status, "awselb/2.0")
    assert b"<h1>502 Bad Gateway</h1>" in answer.body
    assert world.entry(path_)["error"]


def test_an_answer_that_breaks_off_breaks_off_for_the_client(world: World) -> None:
    group = world.group("a")
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    with pytest.raises((http.client.IncompleteRead, ssl.SSLError)):
        world.get("/half")
    entry = world.entry("/half")
    assert (entry["status"], "RemoteProtocolError" in entry["error"]) == (200, True)


def test_unavailable_and_timed_out(world: World) -> None:
    group = world.group()
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    assert world.get("/").status == 503
    world.register(group, "absent", running=False)
    assert world.get("/").status == 504
    world.addresses.publish(("10.0.1.10", 8000), world.upstreams["absent"].address)
    attribute = {"Key": "idle_timeout.timeout_seconds", "Value": "1"}
    world.stack.elb.modify_load_balancer_attributes(LoadBalancerArn=world.stack.balancer_arn, Attributes=[attribute])
    assert world.get("/wait").status == 504


def test_a_connection_that_the_target_closed_while_idle_is_not_used_again(world: World) -> None:
    group = world.group("a")
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    assert world.get("/echo").json["name"] == "a"
    target = world.upstreams["a"]
    replacement = Upstream("b")
    world.upstreams["b"] = replacement
    target.stop()
    world.addresses.publish(("10.0.1.10", 8000), replacement.address)
    assert world.get("/echo").json["name"] == "b"


def test_a_client_that_goes_away_is_noticed(world: World) -> None:
    group = world.group("a")
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    connection = connect(world.balancer.port, world.ca)
    connection.request("GET", "/wait")
    wait_until(lambda: world.upstreams["a"].seen == ["/wait"])
    assert connection.sock
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    assert world.entry("/wait")["status"] == 460


def test_redirect_transform_and_what_is_not_performed(world: World) -> None:
    group = world.group("a")
    redirect = {"Type": "redirect", "RedirectConfig": {"Path": "/new", "StatusCode": "HTTP_301"}}
    world.stack.rule(1, [path("/old")], Actions=[redirect])
    rewrite = {"Rewrites": [{"Regex": "^/v1/(.*)", "Replace": "/echo/$1"}]}
    world.stack.rule(
        2,
        [path("/v1/*")],
        Actions=[forward(group)],
        Transforms=[{"Type": "url-rewrite", "UrlRewriteConfig": rewrite}],
    )
    guard = {"Type": "jwt-validation", "Order": 1, "JwtValidationConfig": {"JwksEndpoint": "https://x/", "Issuer": "i"}}
    world.stack.rule(3, [path("/jwt")], Actions=[guard, fixed() | {"Order": 2}])
    world.wait_for(group, "healthy")
    moved = world.get("/old?a=b")
    assert (moved.status, moved.headers["location"]) == (301, f"https://{HOST}:443/new?a=b")
    assert world.get("/v1/x?q").json["path"] == "/echo/x?q"
    refused = world.get("/jwt")
    assert refused.status == 501
    assert b"jwt-validation" in refused.body


def test_a_client_that_does_not_finish_its_body_times_out(world: World) -> None:
    group = world.group("a")
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    attribute = {"Key": "idle_timeout.timeout_seconds", "Value": "1"}
    world.stack.elb.modify_load_balancer_attributes(LoadBalancerArn=world.stack.balancer_arn, Attributes=[attribute])
    connection = connect(world.balancer.port, world.ca)
    connection.putrequest("POST", "/echo")
    connection.putheader("Content-Length", "10")
    connection.endheaders(b"half")
    assert connection.getresponse().status == 408
    connection.close()


def test_targets_may_speak_tls_with_any_certificate(world: World, certificates: Certificates) -> None:
    group = world.group(Protocol="HTTPS", HealthCheckProtocol="HTTPS")
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.register(group, "a")
    world.upstreams["a"].use_tls(certificates.cert, certificates.key)
    world.wait_for(group, "healthy")
    assert world.get("/echo").json["name"] == "a"


def test_limits_of_urls_and_headers(world: World) -> None:
    assert world.get("/" + "a" * 20_000).status == 414
    assert world.get("/", X_Long="a" * 20_000).status == 400
    assert world.get("/", **{f"X_{n}": "a" * 9_000 for n in range(8)}).status == 400
    assert world.get("/", X_Long="a" * 15_000).status == 404


def test_it_survives_a_reset_of_the_control_plane(world: World, empty: ControlPlane) -> None:
    empty.reset(seed=False)
    assert world.get("/").status == 503
    world.stack = Stack.build(empty)
    group = world.group("again")
    world.stack.rule(1, [path("/*")], Actions=[forward(group)])
    world.wait_for(group, "healthy")
    assert world.get("/echo").json["name"] == "again"


def test_a_taken_port_is_refused_with_a_sentence(world: World) -> None:
    second = LoadBalancer(world.balancer._context, HOST, world.balancer.port)
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{world.balancer.port}"):
        second.start()
    second.stop()
