# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""The certificate that the smoke test shows to a listener with mutual TLS. No message has anything of the key."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator

from .._core.problem import Problem

MUTUAL_TLS = "the smoke test identifies itself with it"
NAMES = ("client_certificate", "client_key")


def load(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Let a context show the certificate. An encrypted key fails in place of a question at the terminal.

    Raises:
        OSError: a file that cannot be read; ssl.SSLError: files that are no certificate with its key.
    """
    context.load_cert_chain(certificate, key or None, password=lambda: "")


def problems(certificate: str, key: str, names: tuple[str, str] = NAMES) -> Iterator[Problem]:
    """Yield what is wrong with the two PEM files; empty names are not given, and the first may hold the key too."""
    if not certificate:
        if key:
            yield Problem(f"{names[1]} is given without {names[0]}", MUTUAL_TLS, f"give {names[0]} too")
        return
    unreadable = [*_unreadable(names[0], certificate), *(_unreadable(names[1], key) if key else ())]
    yield from unreadable
    if unreadable:
        return
    try:
        load(ssl.create_default_context(), certificate, key)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        yield _of_content(error, certificate, key, names)


def _unreadable(name: str, path: str) -> Iterator[Problem]:
    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError as error:
        yield Problem(
            f"{name} {path!r} cannot be read ({error.strerror})", MUTUAL_TLS, "give a PEM file that this user can read"
        )


def _of_content(error: Exception, certificate: str, key: str, names: tuple[str, str]) -> Problem:
    """The problem of two files that can be read."""
    holder, path = (names[1], key) if key else (names[0], certificate)
    if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
        return Problem(
            f"{holder} {path!r} holds another key than that of the certificate in {certificate!r}",
            "a certificate is used with its own key",
            f"give the key that belongs to {names[0]}",
        )
    if "BEGIN CERTIFICATE" not in _text(certificate):
        return Problem(f"{names[0]} {certificate!r} holds no PEM certificate", MUTUAL_TLS, "give a PEM file with one")
    text = _text(path)
    if "ENCRYPTED" in text:
        return Problem(
            f"{holder} {path!r} holds an encrypted key",
            "nobody is asked for its password",
            "give the key without a password, in a file that only this user can read",
        )
    if "PRIVATE KEY" not in text:
        return Problem(f"{holder} {path!r} holds no PEM key", MUTUAL_TLS, f"give the certificate's key in {names[1]}")
    return Problem(
        f"{os.path.basename(certificate)} and {os.path.basename(path)} cannot be used "
        f"({getattr(error, 'reason', None) or type(error).__name__})",
        MUTUAL_TLS,
        "give the PEM files of a certificate and its key",
    )


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
