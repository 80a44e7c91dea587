"""Certificates for the scripted server: a good one, and each way to be bad."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files: the server's chain and key, and the authority that a client is told to trust."""

    chain: Path
    key: Path
    authority: Path


def good(folder: Path, name: str = "localhost") -> Certificate:
    """Signed by the authority, for ``name``."""
    authority = trustme.CA()
    return _write(folder, authority, authority.issue_cert(name))


def wrong_name(folder: Path) -> Certificate:
    """Signed by the authority, for another host."""
    return good(folder, "smtp.example.org")


def expired(folder: Path) -> Certificate:
    """Signed by the authority, for localhost, until yesterday."""
    authority = trustme.CA()
    now = datetime.now(UTC)
    leaf = authority.issue_cert("localhost", not_before=now - timedelta(days=9), not_after=now - timedelta(days=1))
    return _write(folder, authority, leaf)


def unknown_authority(folder: Path) -> Certificate:
    """Signed by an authority that the client does not trust."""
    certificate = good(folder)
    stranger = folder / "other-authority.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    return Certificate(certificate.chain, certificate.key, stranger)


def self_signed(folder: Path) -> Certificate:
    """Signed by itself, and not trusted by the client."""
    certificate = unknown_authority(folder)
    itself = trustme.CA()
    itself.cert_pem.write_to_path(certificate.chain)
    itself.private_key_pem.write_to_path(certificate.key)
    return certificate


def _write(folder: Path, authority: trustme.CA, leaf: trustme.LeafCert) -> Certificate:
    folder.mkdir(parents=True, exist_ok=True)
    chain, key, trusted = folder / "chain.pem", folder / "key.pem", folder / "authority.pem"
    for number, blob in enumerate(leaf.cert_chain_pems):
        blob.write_to_path(chain, append=number > 0)
    leaf.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(trusted)
    return Certificate(chain, key, trusted)
