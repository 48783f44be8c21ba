"""The key that signs evidence: Ed25519, the private half in a file, public halves kept for ever.

A key's name is the beginning of the SHA-256 of its public half.
"""

import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ..errors import Misconfigured
from ..settings import load
from .models import EvidenceKey

_RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature and the key it is from."""

    key_id: str
    signature: bytes


def sign(session: Session, content: bytes) -> Signed:
    """Sign with the present key, made at first use."""
    private = _read() or _first()
    return Signed(_known(session, private), private.sign(content))


def present(session: Session) -> str:
    """Return the name of the key that signs now."""
    return _known(session, _read() or _first())


def rotate(session: Session) -> str:
    """Make a new key, retire the present one, and return the new one's name."""
    private = Ed25519PrivateKey.generate()
    name = _known(session, private)
    _store(private, is_new=False)
    return name


def is_signed(content: bytes, signature: bytes, public_key: bytes) -> bool:
    """Return whether a signature is of this content by this key."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def name_of(public_key: bytes) -> str:
    """Return the name of a key."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def fingerprint_of(public_key: bytes) -> str:
    """Return what two people compare over the telephone: the SHA-256 in groups of four."""
    digest = hashlib.sha256(public_key).hexdigest()
    return " ".join(digest[i : i + 4] for i in range(0, 64, 4))


def pem_of(public_key: bytes) -> str:
    """Return a public key as PEM."""
    key = Ed25519PublicKey.from_public_bytes(public_key)
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(*form).decode()


def public_of(pem: bytes) -> bytes:
    """Return the raw public key in a PEM.

    Raises
    ------
    ValueError
        If it holds no Ed25519 key.

    """
    try:
        key = serialization.load_pem_public_key(pem)
    except UnsupportedAlgorithm as fault:
        raise ValueError("no Ed25519 key") from fault
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("no Ed25519 key")
    return key.public_bytes(*_RAW)


def listed(session: Session) -> list[EvidenceKey]:
    """Return all public keys, newest first."""
    return list(session.scalars(select(EvidenceKey).order_by(EvidenceKey.created_at.desc())))


def _known(session: Session, private: Ed25519PrivateKey) -> str:
    """Return the key's name; one the database has not seen becomes the present one."""
    public = private.public_key().public_bytes(*_RAW)
    name = name_of(public)
    if session.get(EvidenceKey, name) is None:
        now = datetime.now(UTC)
        retire = update(EvidenceKey).where(EvidenceKey.retired_at.is_(None)).values(retired_at=now)
        session.execute(retire)
        session.add(EvidenceKey(id=name, public_key=public))
        session.flush()
    return name


def _path() -> Path:
    folder = load().var_dir / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "evidence.key"


def _read() -> Ed25519PrivateKey | None:
    path = _path()
    if not path.exists():
        return None
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(reason="the file of the evidence key holds no Ed25519 key")
    return key


def _first() -> Ed25519PrivateKey:
    _store(Ed25519PrivateKey.generate(), is_new=True)
    made = _read()
    if made is None:
        raise Misconfigured(reason="the evidence key could not be written")
    return made


def _store(private: Ed25519PrivateKey, *, is_new: bool) -> None:
    """Write the key's file whole, readable by its owner alone; the first of two makers wins."""
    path = _path()
    content = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    handle, fresh = tempfile.mkstemp(dir=path.parent)  # 0600 by construction
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if not is_new:
        os.replace(fresh, path)
        return
    with contextlib.suppress(FileExistsError):
        os.link(fresh, path)
    os.unlink(fresh)
