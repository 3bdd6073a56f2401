"""Addresses: the loopback port of each private address of the VPC, and access to loopback for containers."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

Address = tuple[str, int]


class AddressBook:
    """Where a private (ip, port) of the VPC really listens. Fargate publishes, the load balancer looks up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Address, Address] = {}

    def publish(self, private: Address, real: Address) -> None:
        """Say that `private` is reached at `real`, for example ("10.0.1.17", 8000) at ("127.0.0.1", 49152)."""
        with self._lock:
            self._entries[private] = real

    def withdraw(self, ip: str) -> None:
        """Remove every port of a private ip. Unknown ips are accepted: a task may end before it published anything."""
        with self._lock:
            self._entries = {private: real for private, real in self._entries.items() if private[0] != ip}

    def resolve(self, ip: str, port: int) -> Address | None:
        """The real address, or None: then a connection attempt would time out at AWS."""
        with self._lock:
            return self._entries.get((ip, port))

    def used_ips(self) -> set[str]:
        """Private ips that are in use now."""
        with self._lock:
            return {ip for ip, _ in self._entries}


def free_port(preferred: int = 0) -> int:
    """A TCP port that is free on loopback: `preferred` if it is, else one that the kernel picks."""
    for port in {preferred, 0} if preferred == 0 else (preferred, 0):
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free TCP port on 127.0.0.1")


class UnixForwarder:
    """Forward connections of a unix socket to a loopback TCP port.

    A container has its own loopback; mounting this socket into it is its only way to the sandbox's AWS APIs.
    The path must be shorter than 108 bytes (a kernel limit), so it belongs into a short temporary folder.
    """

    def __init__(self, path: Path, target: Address) -> None:
        self.path = path
        self.target = target
        self._listener: socket.socket | None = None

    def start(self) -> None:
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        # Containers run as uid 10001; the folder around the socket is what keeps other users of this machine out.
        self.path.chmod(0o666)
        listener.listen(128)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="aws-socket", daemon=True).start()

    def stop(self) -> None:
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.path.unlink(missing_ok=True)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            upstream = socket.create_connection(self.target, timeout=5)
        except OSError:
            client.close()
            return
        upstream.settimeout(None)
        back = threading.Thread(target=_pump, args=(upstream, client), daemon=True)
        back.start()
        _pump(client, upstream)
        back.join()
        client.close()
        upstream.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the source ends, then pass the end on."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
