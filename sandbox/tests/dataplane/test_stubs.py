"""The stack's other services say their names."""

from __future__ import annotations

import urllib.request

from sandbox.dataplane.stubs import ForeignServices
from sandbox.network import AddressBook
from sandbox.seed import names


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
