"""The small parts: addresses, the socket into loopback, the folder, ports, certificates, tokens, snapshots."""

from __future__ import annotations

import json
import os
import socket
import ssl
import stat
import subprocess
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest

from sandbox import tls, tokens
from sandbox.cli import ports
from sandbox.cli.home import ForeignFolder, Home
from sandbox.dataplane import engine_choice as engine
from sandbox.dataplane import leftovers
from sandbox.dataplane.stubs import ForeignServices
from sandbox.emulator.control_plane import ControlPlane
from sandbox.network import AddressBook, UnixForwarder, free_port
from sandbox.seed import names
from sandbox.testing.fixtures import Client


def test_address_book_forgets_all_ports_of_an_address() -> None:
    book = AddressBook()
    book.publish(("10.0.1.5", 8000), ("127.0.0.1", 1))
    book.publish(("10.0.1.5", 9000), ("127.0.0.1", 2))
    book.publish(("10.0.1.6", 8000), ("127.0.0.1", 3))
    assert book.resolve("10.0.1.5", 9000) == ("127.0.0.1", 2)
    book.withdraw("10.0.1.5")
    assert book.resolve("10.0.1.5", 8000) is None
    assert book.used_ips() == {"10.0.1.6"}


def test_free_port_prefers_the_usual_one() -> None:
    usual = free_port()
    assert free_port(usual) == usual
    with socket.create_server(("127.0.0.1", usual)):
        assert free_port(usual) != usual


def test_foreign_services_say_their_names() -> None:
    book = AddressBook()
    stubs = ForeignServices(book)
    stubs.start()
    for name, (ip, port) in names.FOREIGN_TARGETS.items():
        address = book.resolve(ip, port)
        assert address is not None
        with urllib.request.urlopen(f"http://127.0.0.1:{address[1]}/anything") as answer:
            assert answer.read().decode().startswith(f"{name}:")
    stubs.stop()


def test_unix_socket_leads_to_the_port(tmp_path: Path) -> None:
    class Echo(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body[::-1])

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    forwarder = UnixForwarder(tmp_path / "s", ("127.0.0.1", server.server_port))
    forwarder.start()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(forwarder.path))
        client.sendall(b"POST / HTTP/1.0\r\nContent-Length: 100000\r\n\r\n" + b"ab" * 50_000)
        received = b"".join(iter(lambda: client.recv(65536), b""))
    assert received.endswith(b"ba" * 50_000)
    forwarder.stop()
    assert not forwarder.path.exists()
    server.shutdown()
    server.server_close()


def test_home_is_ours_or_it_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    home.write_state({"a": 1})
    assert home.read_state() == {"a": 1}
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    home.create()
    home.remove()
    assert not home.path.exists()

    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").touch()
    with pytest.raises(ForeignFolder, match="holds other files"):
        Home(foreign).create()
    Home(foreign).remove()
    assert (foreign / "thesis.txt").exists()


def test_damaged_state_is_no_state(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.read_state() is None
    home.state_file.write_text("{")
    assert home.read_state() is None


def test_a_held_home_has_a_living_daemon(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert not home.daemon_lives()
    held = home.hold()
    assert home.daemon_lives()
    with pytest.raises(RuntimeError, match="another daemon holds"):
        home.hold()
    os.close(held)
    assert not home.daemon_lives()


def test_homes_have_their_own_identity(tmp_path: Path) -> None:
    assert Home(tmp_path / "a").id != Home(tmp_path / "b").id == Home(tmp_path / "b").id


def test_ports_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("SANDBOX_PORT", str(port))
    assert ports.choose().balancer == port
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(ports.PortProblem, match=f"port {port} on 127.0.0.1 is in use"),
    ):
        ports.choose()
    monkeypatch.setenv("SANDBOX_PORT", "https")
    with pytest.raises(ports.PortProblem, match="must be a port number"):
        ports.choose()


@pytest.mark.parametrize(
    ("wanted", "error"), [("podman", "must be docker or process"), ("docker", "no Docker engine answers")]
)
def test_engine_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wanted: str, error: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setenv("SANDBOX_ENGINE", wanted)
    with pytest.raises((ValueError, engine.NoEngine), match=error):
        engine.choose()


def test_without_an_engine_tasks_are_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.delenv("SANDBOX_ENGINE", raising=False)
    kind, text = engine.choose()
    assert kind == "process"
    assert "no Docker engine answers" in text
    assert leftovers.remove_containers("none") == []


def test_only_the_sandboxs_own_registry_is_killed(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "60"])
    leftovers.kill_registry(process.pid, tmp_path)
    time.sleep(0.05)
    assert process.poll() is None
    process.kill()
    process.wait()
    leftovers.kill_registry("nonsense", tmp_path)


def test_certificate_is_trusted_for_its_names_only(tmp_path: Path) -> None:
    paths = tls.write(tmp_path)
    assert stat.S_IMODE(paths.key.stat().st_mode) == 0o600
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(paths.cert, paths.key)
    client = ssl.create_default_context(cafile=str(paths.ca))
    client.verify_flags |= ssl.VERIFY_X509_STRICT

    def handshake(name: str) -> None:
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        sides = [
            client.wrap_bio(to_client, to_server, server_hostname=name),
            server.wrap_bio(to_server, to_client, server_side=True),
        ]
        for _ in range(4):
            for side in sides:
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue

    for name in ("demo.quiltdata.com", "localhost", "127.0.0.1"):
        handshake(name)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake("example.com")


def test_token_says_what_was_asked() -> None:
    keys = json.dumps({"frontend-enhanced": "k" * 48})
    claims = jwt.decode(
        tokens.mint(keys, "ada", ["a", "b"], ttl=60),
        "k" * 48,
        ["HS256"],
        audience="quilt-mcp-server",
        issuer="quilt-frontend",
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )
    assert (claims["sub"], claims["buckets"]) == ("ada", ["a", "b"])
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(tokens.mint(keys, "ada", [], ttl=-60), "k" * 48, ["HS256"], audience="quilt-mcp-server")
    with pytest.raises(KeyError):
        tokens.mint("{}", "ada", [])


def test_a_reset_brings_everything_back(seeded: ControlPlane, client: Client) -> None:
    """What was deleted, changed or added since the seed; in every service at once."""
    s3, ec2, iam, elbv2 = client("s3"), client("ec2"), client("iam"), client("elbv2")
    balancer = elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    listeners = elbv2.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    listener = next(found["ListenerArn"] for found in listeners if found["Port"] == 443)
    rules = elbv2.describe_rules(ListenerArn=listener)["Rules"]
    before = s3.list_objects_v2(Bucket="quilt-example")["KeyCount"]
    s3.put_object(Bucket="quilt-example", Key="new", Body=b"x")
    s3.create_bucket(Bucket="quilt-new")
    ec2.create_vpc(CidrBlock="10.9.0.0/16")
    iam.detach_role_policy(
        RoleName="ecsTaskExecutionRole",
        PolicyArn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    )
    elbv2.delete_rule(RuleArn=rules[0]["RuleArn"])
    client("ecs").create_cluster(clusterName="more")

    for _ in range(2):
        seeded.reset()
        assert s3.list_objects_v2(Bucket="quilt-example")["KeyCount"] == before
        assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == set(names.BUCKETS)
        assert [vpc["CidrBlock"] for vpc in ec2.describe_vpcs()["Vpcs"] if vpc["CidrBlock"].startswith("10.")] == [
            "10.0.0.0/16"
        ]
        assert iam.list_attached_role_policies(RoleName="ecsTaskExecutionRole")["AttachedPolicies"]
        assert elbv2.describe_rules(RuleArns=[rules[0]["RuleArn"]])["Rules"]
        assert len(client("ecs").list_clusters()["clusterArns"]) == 1
        # Brought back, and alive: the next change must not reach into the snapshot.
        s3.delete_object(Bucket="quilt-example", Key="hello/README.md")
        client("ecs").create_cluster(clusterName="more")
