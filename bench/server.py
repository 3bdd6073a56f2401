"""The cost of the MCP server in its container at 0.25 CPU and 512 MiB, and quilt-mcp's. Run by `make bench-server`.

python -m bench.server [--alone] [--seconds N] [--calls N]

AWS is moto on the same machine, and so are the clients: figures of tools that read S3 include it. Needs Docker.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from bench.contenders import BUCKET, ENTRIES, OWN, PACKAGE, PACKAGED, QUILT_MCP, Contender, Document, docker, registry
from sandbox.network import free_port
from sandbox.seed.packages import manifest
from sandbox.seed.stack import Package

LIMITS = ("--cpus", "0.25", "--memory", "512m")
CLIENTS = 8
EARLIER, LATEST = "2025-11-25", "2026-07-28"  # revisions: the last with a handshake, and the one without
ENVELOPE: Document = {
    "io.modelcontextprotocol/protocolVersion": LATEST,
    "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
CHEAP = {"name": "catalog_uri", "arguments": PACKAGED}
MIB = 1024 * 1024
# Of the specification, at 0.25 CPU and 512 MiB with 8 clients.
TARGETS = {
    "start to first healthy answer": "within 5 s",
    "resident memory after the calls": "at most 130 MiB",
    "tools/list": "at least 250/s",
    "catalog_uri": "at least 250/s",
    f"tools/list, {LATEST}": "at least 250/s",
    f"catalog_uri, {LATEST}": "at least 250/s",
    "image, compressed": "at most 150 MiB",
}


@dataclass
class Load:
    """What several clients measured. Times in milliseconds."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    errors: int = 0

    def __str__(self) -> str:
        if len(self.times) < 2:
            return f"{len(self.times)} answers, {self.errors} errors"
        cuts = statistics.quantiles(self.times, n=100)
        rate = len(self.times) / self.seconds
        return f"{rate:7.1f}/s   p50 {cuts[49]:7.1f} ms   p99 {cuts[98]:7.1f} ms   {self.errors} errors"


class Server:
    """The server's endpoint, asked with a valid token, in one revision of the protocol."""

    def __init__(self, port: int, token: str = "", version: str = EARLIER) -> None:
        self.port = port
        self._version = version
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": version,
        }

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, connection: http.client.HTTPConnection, method: str, params: Document) -> Document:
        """The result of a request; raises ValueError for anything else."""
        headers = self._headers
        if self._version != EARLIER:
            params = params | {"_meta": ENVELOPE}
            headers = headers | {"Mcp-Method": method} | ({"Mcp-Name": params["name"]} if "name" in params else {})
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        connection.request("POST", "/mcp", body, headers)
        answer = json.loads(connection.getresponse().read())
        result: Document = answer.get("result", {})
        # quilt-mcp reports failures inside a success.
        inner = result.get("structuredContent", {}).get("result")
        if "result" not in answer or result.get("isError") or (isinstance(inner, dict) and inner.get("error")):
            raise ValueError(f"{method} failed: {str(answer)[:500]}")
        return result

    def healthy(self) -> bool:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"http://127.0.0.1:{self.port}/healthz", timeout=2
            ) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError, http.client.HTTPException):
            return False

    def load(self, method: str, params: Document, more: Callable[[int, float], bool]) -> Load:
        """Ask with all clients at once for as long as `more(answers, seconds)` says."""
        found, lock, begin = Load(), threading.Lock(), time.perf_counter()

        def client() -> None:
            connection = self.connection()
            while more(len(found.times) + found.errors, time.perf_counter() - begin):
                start = time.perf_counter()
                try:
                    self.ask(connection, method, params)
                except (OSError, ValueError, http.client.HTTPException):
                    connection.close()
                    with lock:
                        found.errors += 1
                    continue
                with lock:
                    found.times.append((time.perf_counter() - start) * 1000)
            connection.close()

        threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found.seconds = time.perf_counter() - begin
        return found


def wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.02)


@contextmanager
def aws() -> Iterator[str]:
    """The URL of AWS APIs with a bucket of 1,000 objects and a package of 20,000 entries."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        connection = Server(port)
        wait(lambda: connects(connection), 60, "the start of moto")
        session: Any = boto3.session.Session(aws_access_key_id="bench", aws_secret_access_key="bench")
        seed(session.client("s3", endpoint_url=url, region_name="us-east-1"))
        yield url
    finally:
        process.terminate()
        process.wait(20)


def connects(server: Server) -> bool:
    connection = server.connection()
    try:
        connection.connect()
    except OSError:
        return False
    connection.close()
    return True


def seed(s3: Any) -> None:
    s3.create_bucket(Bucket=BUCKET)
    for number in range(1000):
        s3.put_object(Bucket=BUCKET, Key=f"objects/{number:04}.csv", Body=b"x,y\n1,2\n")
    entries = [
        {
            "logical_key": f"data/{number // 100:03}/{number:05}.parquet",
            "physical_keys": [f"s3://{BUCKET}/data/{number:05}.parquet?versionId={number:032x}"],
            "size": 1000 + number,
            "hash": {"type": "SHA256", "value": f"{number:064x}"},
            "meta": {},
        }
        for number in range(ENTRIES)
    ]
    digest, lines = manifest(Package(BUCKET, PACKAGE, 1_760_000_000, "bench", {}), entries)
    s3.put_object(Bucket=BUCKET, Key=f".quilt/packages/{digest}", Body=lines)
    for pointer in ("1760000000", "latest"):
        s3.put_object(Bucket=BUCKET, Key=f".quilt/named_packages/{PACKAGE}/{pointer}", Body=digest.encode())


@contextmanager
def container(contender: Contender, aws_url: str, registry_url: str) -> Iterator[tuple[Server, str, float]]:
    """A server in its container as Fargate runs it, the container's id, and the seconds to its first health."""
    port = free_port()
    values = contender.environment(port, aws_url, registry_url)
    variables = [part for name, value in values.items() for part in ("--env", f"{name}={value}")]
    hardened = ("--read-only", "--tmpfs", "/tmp", "--network", "host", "--user", "10001:10001")
    created = docker("create", *LIMITS, *hardened, *variables, contender.image)
    try:
        begin = time.perf_counter()
        docker("start", created)
        server = Server(port, contender.token)
        wait(server.healthy, 180, "the first healthy answer")
        yield server, created, time.perf_counter() - begin
    finally:
        docker("rm", "--force", created)


def resident(container_id: str) -> str:
    """Resident memory of the container's process; how the container ended if it has."""
    pid, code, out_of_memory = docker(
        "inspect", "--format", "{{.State.Pid}} {{.State.ExitCode}} {{.State.OOMKilled}}", container_id
    ).split()
    if pid == "0":
        return f"ended with exit code {code}" + (", out of memory" if out_of_memory == "true" else "")
    status = Path(f"/proc/{pid}/status").read_text()
    kibibytes = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return f"{kibibytes / 1024:7.1f} MiB"


def compressed(image: str) -> float:
    """Size of the image's layers as a registry holds them, MiB."""
    compressor, size = zlib.compressobj(6, wbits=31), 0
    with subprocess.Popen(["docker", "image", "save", image], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while chunk := process.stdout.read(MIB):
            size += len(compressor.compress(chunk))
    return (size + len(compressor.flush())) / MIB


def walk(server: Server) -> float:
    """Seconds to browse the whole package, in pages of 1,000, by one client."""
    begin, seen, cursor = time.perf_counter(), 0, None
    connection = server.connection()
    while cursor is not None or not seen:
        arguments = PACKAGED | {"limit": 1000}
        arguments |= {"cursor": cursor} if cursor else {}
        found = server.ask(connection, "tools/call", {"name": "package_browse", "arguments": arguments})
        page = found["structuredContent"]
        seen, cursor = seen + len(page["entries"]), page["next_cursor"]
    assert seen == ENTRIES, seen
    return time.perf_counter() - begin


def rows(contender: Contender, urls: tuple[str, str], seconds: float, calls: int) -> Iterator[tuple[str, str]]:
    """What is found of a server, one after the other, as it is measured."""
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}

    def while_time(_: int, passed: float) -> bool:
        return passed < seconds

    yield "image, compressed", f"{compressed(contender.image):7.1f} MiB"
    with container(contender, *urls) as (server, container_id, started):
        yield "start to first healthy answer", f"{started:7.2f} s"
        time.sleep(5)
        yield "resident memory idle", resident(container_id)
        server.load("tools/call", CHEAP, lambda count, _: count < 100)  # warm up
        yield "initialize", str(server.load("initialize", client, while_time))
        yield "tools/list", str(server.load("tools/list", {}, while_time))
        yield "catalog_uri", str(server.load("tools/call", CHEAP, lambda count, _: count < calls))
        if contender.latest:
            latest = Server(server.port, contender.token, LATEST)
            yield f"tools/list, {LATEST}", str(latest.load("tools/list", {}, while_time))
            yield f"catalog_uri, {LATEST}", str(latest.load("tools/call", CHEAP, lambda count, _: count < calls))
        yield "resident memory after the calls", resident(container_id)
        if not server.healthy():
            return
        asking = [("bucket_objects_list", contender.listing)]
        asking += [("package_browse", PACKAGED)] if contender.browses else []
        for name, arguments in asking:
            asked = {"name": name, "arguments": arguments}
            server.load("tools/call", asked, lambda count, _: count < 2 * CLIENTS)  # warm up
            yield name, str(server.load("tools/call", asked, while_time))
        if contender.browses:
            yield "package_browse, all 20 pages", f"{walk(server):7.2f} s"
        yield "resident memory at the end", resident(container_id)


def table(contenders: list[Contender], seconds: float, calls: int) -> None:
    """Measure one after the other, report each figure as it comes, and print them side by side."""
    found: list[dict[str, str]] = []
    with aws() as aws_url, registry() as registry_url:
        for contender in contenders:
            found.append({})
            for name, value in rows(contender, (aws_url, registry_url), seconds, calls):
                found[-1][name] = value
                print(f"{contender.name}: {name} {value.strip()}", file=sys.stderr, flush=True)
    print(f"{'':32}" + "".join(f"{contender.name:62}" for contender in contenders) + "target for quilt-mcp-server")
    # A dash: quilt-mcp has no package_browse and not the latest revision, or had ended by then.
    for name in found[0]:
        cells = "".join(f"{each.get(name, '      -'):62}" for each in found)
        print(f"{name:32}{cells}{TARGETS.get(name, '')}".rstrip())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--alone", action="store_true", help="without quilt-mcp")
    parser.add_argument("--seconds", type=float, default=15, help="of load for each request but catalog_uri")
    parser.add_argument("--calls", type=int, default=10_000, help="of catalog_uri")
    options = parser.parse_args()
    if shutil.which("docker") is None:
        raise SystemExit("bench.server needs Docker: the figures are those of the container")
    contenders = [OWN] if options.alone else [OWN, QUILT_MCP]
    for contender in contenders:
        contender.build()
    print(f"{' '.join(LIMITS)}, {CLIENTS} clients, {options.calls} calls of catalog_uri, package of {ENTRIES} entries")
    table(contenders, options.seconds, options.calls)


if __name__ == "__main__":
    main()
