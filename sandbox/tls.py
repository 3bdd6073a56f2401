"""The sandbox's own certificate authority, and the certificate of the load balancer's listener."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# What a laptop has for itself.
LOCAL_NAMES = ("localhost", "127.0.0.1")

_LIFETIME = datetime.timedelta(days=365)


@dataclass(frozen=True)
class Certificates:
    """PEM files: the sandbox's own CA, and a certificate for the public host signed by it."""

    ca: Path
    cert: Path
    key: Path


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, PEM."""

    cert: bytes
    key: bytes


def issue(names: Sequence[str]) -> tuple[bytes, Pair]:
    """A new CA and a certificate for these DNS names and addresses. The CA key is discarded."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "quilt sandbox CA")])
    ca = _builder(ca_name, ca_name, ca_key.public_key(), ca_key, is_ca=True).sign(ca_key, hashes.SHA256())
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    cert = (
        _builder(subject, ca_name, key.public_key(), ca_key, is_ca=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return ca.public_bytes(Encoding.PEM), Pair(cert.public_bytes(Encoding.PEM), private)


def write(folder: Path, hosts: Sequence[str] = ()) -> Certificates:
    """Issue a CA and a listener certificate into `folder`: ca.pem, cert.pem and key.pem (its owner only).

    The certificate is for the public hosts and for the names that a laptop has for itself.
    """
    ca, pair = issue((*hosts, *LOCAL_NAMES))
    paths = Certificates(ca=folder / "ca.pem", cert=folder / "cert.pem", key=folder / "key.pem")
    paths.ca.write_bytes(ca)
    paths.cert.write_bytes(pair.cert)
    paths.key.touch(mode=0o600)
    paths.key.write_bytes(pair.key)
    return paths


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    signing_key: ec.EllipticCurvePrivateKey,
    is_ca: bool,
) -> x509.CertificateBuilder:
    """Everything that strict X.509 verification (the default of Python 3.13) asks for."""
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        # A clock that is slightly slow must not find the certificate not yet valid.
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=is_ca,
                crl_sign=is_ca,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
