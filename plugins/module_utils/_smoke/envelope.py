# Copyright: (c) 2026, Quilt Data, Inc.
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to quilt.mcp_server: not an interface, may change in any release.

"""A text that only the owner of a certificate can read: CMS, as `openssl cms` decrypts it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .._core.problem import Problem
from .._core.refusal import InvalidParameters

with suppress(ImportError):  # the module says so before any of this runs
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

FEWEST_BITS = 2048
MAKE = (
    "the person makes one with `openssl req -x509 -newkey rsa:3072 -nodes -keyout token.key -out token.pem -days 30 "
    "-subj /CN=ada` and gives token.pem, never token.key"
)


@dataclass(frozen=True)
class Recipient:
    """The owner of a certificate; `name` and `fingerprint` (SHA-256, hexadecimal) identify it for people."""

    certificate: Any
    name: str
    fingerprint: str


def recipient_of(pem: str) -> Recipient:
    """The owner of a certificate in PEM.

    Raises:
        InvalidParameters: it is none, or nothing can be encrypted for it. The text is not in the message: it may be a
            private key by mistake.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        key = "PRIVATE KEY" in pem
        found = "certificate holds a private key" if key else "certificate is no certificate in PEM"
        reason = "whoever sees it can read what is meant for its owner" if key else "a token is encrypted for one"
        remedy = f"make another key, as this one has been passed on; {MAKE}" if key else MAKE
        raise InvalidParameters(Problem(found, reason, remedy), label="the token") from error
    problems = [*_problems(certificate)]
    if problems:
        raise InvalidParameters(*problems, label="the token")
    return Recipient(certificate, certificate.subject.rfc4514_string(), certificate.fingerprint(hashes.SHA256()).hex())


def _problems(certificate: Any) -> Iterator[Problem]:
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        yield Problem("certificate has no RSA key", "the envelope is made for RSA keys", MAKE)
    elif key.key_size < FEWEST_BITS:
        yield Problem(f"certificate has a key of {key.key_size} bits", f"fewer than {FEWEST_BITS} can be broken", MAKE)
    now = datetime.now(UTC)
    if certificate.not_valid_after_utc < now:
        end = certificate.not_valid_after_utc.date().isoformat()
        yield Problem(f"certificate ended on {end}", "its owner may have deleted the key", MAKE)


def sealed(text: str, recipient: Recipient) -> str:
    """The text, encrypted for the recipient, in PEM."""
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(text.encode()).add_recipient(recipient.certificate)
    envelope = builder.set_content_encryption_algorithm(AES256).encrypt(Encoding.PEM, [pkcs7.PKCS7Options.Binary])
    return envelope.decode()
