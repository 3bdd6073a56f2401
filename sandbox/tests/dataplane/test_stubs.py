"""The stack's other services say their names."""

from __future__ import annotations

import urllib.request

from sandbox.dataplane.stubs import ForeignServices
from sandbox.network import AddressBook

TARGETS = {"web": ("10.0.1.10", 80), "api": ("10.0.2.10", 8080)}


def test_foreign_services_say_their_names() -> None:
    book = AddressBook()
    stubs = ForeignServices(book, TARGETS)
    stubs.start()
    for name, (ip, port) in TARGETS.items():
        address = book.resolve(ip, port)
        assert address is not None
        with urllib.request.urlopen(f"http://127.0.0.1:{address[1]}/anything") as answer:
            assert answer.read().decode().startswith(f"{name}:")
    stubs.stop()
