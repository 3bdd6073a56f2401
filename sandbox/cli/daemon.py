"""The one background process: starts the parts in order, writes the state, and removes everything at SIGTERM."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any, Protocol

from sandbox import tls
from sandbox.access_keys import DEPLOYER_KEY
from sandbox.cli import ports, seed_choice
from sandbox.cli.home import Home
from sandbox.dataplane import engine_choice, leftovers
from sandbox.dataplane.balancer.load_balancer import LoadBalancer
from sandbox.dataplane.context import Context
from sandbox.dataplane.registry.registry import Registry
from sandbox.dataplane.stubs import ForeignServices
from sandbox.dataplane.tasks.launcher import FargateLauncher
from sandbox.emulator.control_plane import ControlPlane
from sandbox.network import AddressBook, UnixForwarder
from sandbox.seed import stack as stacks
from sandbox.seed.lay import Seed

log = logging.getLogger("sandbox")


class Part(Protocol):
    """A part of the data plane."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


def main() -> int:
    """Run until SIGTERM. The parent reads one JSON line from stdout: {"ready": state} or {"error": sentence}."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    home = Home.from_environment()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        home.hold()
        with ExitStack() as parts:
            parts.callback(_remove_leftovers, home)
            daemon = Daemon(home)
            with ports.reserved():
                daemon.start(parts)
            _report(ready=home.read_state())
            log.info("ready")
            stopping.wait()
            log.info("stopping")
            home.state_file.unlink(missing_ok=True)
    except Exception as error:
        log.exception("the sandbox could not start")
        _report(error=str(error) or type(error).__name__)
        return 1
    log.info("stopped")
    return 0


def _remove_leftovers(home: Home) -> None:
    """What a task that would not stop may have left."""
    removed = leftovers.remove_containers(home.id)
    if removed:
        log.warning("removed containers and networks that were still there: %s", ", ".join(removed))


class Daemon:
    """The parts of one running sandbox."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.plane: ControlPlane
        self.registry: Registry
        self.launcher: FargateLauncher
        self.state: dict[str, Any] = {}

    def start(self, parts: ExitStack) -> None:
        """Start everything in order; `parts` stops it in the opposite order, also when a later part fails."""
        stack = seed_choice.choose()
        engine_kind, engine_text = engine_choice.choose()
        chosen = ports.choose()
        certificates = tls.write(self.home.path, stack.hosts)
        addresses = AddressBook()
        self.plane = ControlPlane(Seed(stack), port=chosen.aws)
        _run(self.plane, "control plane", parts)
        self.registry = Registry(self.home.path / "registry", chosen.registry, stack.account_id, stack.region)
        _run(self.registry, "registry", parts)
        run = self.home.path / "run"
        run.mkdir(exist_ok=True)
        socket = UnixForwarder(run / "aws.sock", ("127.0.0.1", chosen.aws))
        _run(socket, "socket for containers", parts)
        _run(ForeignServices(addresses, stack.targets), "stubs of foreign services", parts)
        context = Context(
            home=self.home.path,
            home_id=self.home.id,
            account_id=stack.account_id,
            region=stack.region,
            endpoint_url=self.plane.url,
            aws_socket=socket.path,
            addresses=addresses,
            certificates=certificates,
            credentials=self.plane.credentials,
            routes=self.plane.routes,
            registry=self.registry.host,
            registry_auth=self.registry.auth,
            engine=engine_kind,
        )
        self.launcher = FargateLauncher(context)
        _run(self.launcher, "Fargate", parts)
        balancers = [self._balancer(context, one, parts, chosen, stack) for one in stack.load_balancers]
        self.state = {
            "home": str(self.home.path),
            "home_id": self.home.id,
            "aws_endpoint_url": self.plane.url,
            "stack": stack.name,
            "region": stack.region,
            "account_id": stack.account_id,
            "access_key": DEPLOYER_KEY,
            "secret_key": DEPLOYER_KEY,
            # Of the first load balancer, where a deployment goes.
            "public_host": balancers[0]["public_host"],
            "balancer": balancers[0]["address"],
            "mcp_url": f"https://{balancers[0]['address'].replace('127.0.0.1', 'localhost')}/mcp",
            "ca_file": str(certificates.ca),
            "listener_arn": balancers[0]["listener_arn"],
            "balancers": balancers,
            "jwt_secret": stack.quilt.jwt_secret if stack.quilt else None,
            "buckets": list(stack.quilt.buckets) if stack.quilt else [],
            "registry": self.registry.host,
            "registry_note": self.registry.note,
            "engine": engine_kind,
            "engine_note": engine_text,
            "pids": {"daemon": os.getpid(), **({"registry": self.registry.pid} if self.registry.pid else {})},
        }
        self.plane.routes["/_platform/status"] = _json_route(lambda environ: self.status())
        self.plane.routes["/_platform/calls"] = _json_route(self._calls)
        self.plane.routes["/_platform/faults"] = _json_route(self._faults)
        self.plane.routes["/_platform/reset"] = _json_route(self._reset)
        self.home.write_state(self.state)

    def status(self) -> dict[str, Any]:
        """The state with its live values."""
        live = self.launcher.describe()
        pids = {**self.state["pids"], **live.pop("pids", {})}
        return {**self.state, **live, "pids": pids}

    def _calls(self, environ: dict[str, Any]) -> dict[str, Any]:
        since = int(environ.get("QUERY_STRING") or 0)
        mark = self.plane.mark()
        return {"mark": mark, "calls": [vars(call) for call in self.plane.calls(since) if call.seq <= mark]}

    def _faults(self, environ: dict[str, Any]) -> dict[str, Any]:
        """POST the arguments of Faults.add as JSON to ask for a fault, DELETE to end all."""
        if environ["REQUEST_METHOD"] == "DELETE":
            self.plane.faults.clear()
        elif environ["REQUEST_METHOD"] == "POST":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            self.plane.faults.add(**json.loads(body))
        return {"faults": self.plane.faults.describe()}

    def _reset(self, environ: dict[str, Any]) -> dict[str, Any]:
        """POST restores the stack as it was seeded; running tasks end, because their services are deleted."""
        if environ["REQUEST_METHOD"] == "POST":
            self.plane.reset()
        return {"mark": self.plane.mark()}

    def _balancer(
        self, context: Context, seeded: stacks.LoadBalancer, parts: ExitStack, chosen: ports.Ports, stack: stacks.Stack
    ) -> dict[str, str]:
        """Start one of the stack's load balancers; the first has the chosen port, the others have free ones."""
        name, first = seeded.name, seeded is stack.load_balancers[0]
        port, log_file = (chosen.balancer, "alb.log") if first else (0, f"alb-{name}.log")
        balancer = LoadBalancer(context, seeded.hosts[0], port, name, log_file)
        _run(balancer, f"load balancer {name}", parts)
        return {
            "name": name,
            "public_host": seeded.hosts[0],
            "address": f"127.0.0.1:{balancer.port}",
            "listener_arn": self._listener_arn(name),
        }

    def _listener_arn(self, name: str) -> str:
        elbv2 = self.plane.platform("elbv2")
        (balancer,) = elbv2.describe_load_balancers(Names=[name])["LoadBalancers"]
        listeners = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        return next(str(listener["ListenerArn"]) for listener in listeners if listener["Port"] == 443)


def _run(part: Part, name: str, parts: ExitStack) -> None:
    def stop() -> None:
        try:
            part.stop()
        except Exception:  # the parts below this one must be stopped all the same
            log.exception("%s did not stop cleanly", name)

    # Before start(): a part that fails during its start must clean up.
    parts.callback(stop)
    part.start()
    log.info("%s started", name)


def _json_route(answer: Callable[[dict[str, Any]], Any]) -> Callable[..., Iterable[bytes]]:
    def route(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = json.dumps(answer(environ)).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return route


def _report(**message: Any) -> None:
    """One line to the process that started this one; it may be gone already."""
    try:
        print(json.dumps(message), flush=True)
    except BrokenPipeError:
        log.warning("no process waits for the sandbox to be ready")


if __name__ == "__main__":
    sys.exit(main())
