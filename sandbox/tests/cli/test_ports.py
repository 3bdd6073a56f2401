"""Two sandboxes that start at the same moment do not take the same ports."""

from __future__ import annotations

import socket
import threading

import pytest

from sandbox.cli import ports
from sandbox.network import free_port


def test_who_comes_second_waits_until_the_first_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_PORT", raising=False)
    chosen: list[ports.Ports] = []
    first_has_chosen = threading.Event()

    def second() -> None:
        first_has_chosen.wait(10)
        with ports.reserved():
            chosen.append(ports.choose())

    other = threading.Thread(target=second)
    other.start()
    with ports.reserved(), socket.socket() as listener:
        mine = ports.choose()
        first_has_chosen.set()
        # As servers do, and as the search for a free port does: an ended connection does not hold the port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", mine.aws))
        listener.listen()
        assert not chosen
        # The listener stays open while the other one chooses.
        held = listener.dup()
    other.join(10)
    held.close()
    assert chosen[0].aws != mine.aws


def test_a_free_port_that_is_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("SANDBOX_PORT", str(port))
    assert ports.choose().balancer == port


def test_a_port_that_is_asked_for_and_busy_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setenv("SANDBOX_PORT", str(port))
        with pytest.raises(ports.PortProblem, match=f"port {port} on 127.0.0.1 is in use; set SANDBOX_PORT"):
            ports.choose()


@pytest.mark.parametrize("value", ["https", "0", "65536", "-1"])
def test_what_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SANDBOX_PORT", value)
    with pytest.raises(ports.PortProblem, match="must be a port number from 1 to 65535"):
        ports.choose()
