"""A certificate of a client with its own CA, as PEM files, and files that look like one and cannot be used."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class ClientFiles:
    """PEM files.

    Attributes:
        ca: the CA, which is also the certificate of the client: it is signed by its own key.
        key: its key.
        both: the certificate and the key.
        encrypted: the key with a password.
        other_key: another key.
        expired: a certificate of the same key that is not valid any more.
    """

    ca: str
    key: str
    both: str
    encrypted: str
    other_key: str
    expired: str


def write(folder: Path) -> ClientFiles:
    """Write the files."""
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    certificate = _certificate(key, now + DAY)
    contents = {
        "ca": certificate,
        "key": _pem(key, NoEncryption()),
        "both": certificate + _pem(key, NoEncryption()),
        "encrypted": _pem(key, BestAvailableEncryption(b"Zq7Password")),
        "other_key": _pem(other, NoEncryption()),
        "expired": _certificate(key, now - DAY),
    }
    for name, content in contents.items():
        (folder / f"client-{name}.pem").write_bytes(content)
    return ClientFiles(**{name: str(folder / f"client-{name}.pem") for name in contents})


def _pem(key: ec.EllipticCurvePrivateKey, encryption: KeySerializationEncryption) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def _certificate(key: ec.EllipticCurvePrivateKey, until: datetime.datetime) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a client")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), until - 9 * DAY, until)
    basic = x509.BasicConstraints(ca=True, path_length=0)
    return builder.add_extension(basic, critical=True).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
