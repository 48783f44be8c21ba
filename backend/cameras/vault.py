"""Camera credentials at rest: Fernet (AES-128-CBC with HMAC) under a key outside the database.

The key file holds one key, or two while a rotation is under way: the first seals, both open. Every
process looks at the file again when it has changed, so none has to be started anew.
"""

import contextlib
import json
import os
import tempfile
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import text
from sqlalchemy.orm import Session

from ..errors import Misconfigured
from ..settings import load

# Whoever seals holds it shared until the commit; a rotation holds it alone. So no secret sealed
# under the old key can be written after the rotation has looked.
_SEALING = text("SELECT pg_advisory_xact_lock_shared(hashtext('gridlink.vault'))")
_ROTATING = text("SELECT pg_advisory_xact_lock(hashtext('gridlink.vault'))")


def hold(session: Session) -> None:
    """Keep a rotation waiting until this transaction ends; before `seal`, in its transaction."""
    session.execute(_SEALING)


def hold_alone(session: Session) -> None:
    """Wait for all who seal, and let nobody seal until this transaction ends."""
    session.execute(_ROTATING)


def seal(username: str, password: str) -> bytes:
    """Return the encrypted form of a camera's credentials."""
    return _cipher().encrypt(json.dumps([username, password]).encode())


def unseal(secret: bytes) -> tuple[str, str]:
    """Return user name and password.

    Raises
    ------
    Misconfigured
        If the secret was sealed under another key.

    """
    try:
        username, password = json.loads(_cipher().decrypt(secret))
    except InvalidToken:
        # `from None`: the foreign error would carry nothing a reader could use.
        raise Misconfigured(reason="camera credentials were sealed under another key") from None
    return username, password


def is_current(secret: bytes) -> bool:
    """Return whether a secret is sealed under the newest key."""
    try:
        Fernet(keys()[0]).decrypt(secret)
    except InvalidToken:
        return False
    return True


def keys() -> tuple[str, ...]:
    """Return the newest key and, while a rotation is under way, the one before it."""
    stated = load().vault_key
    if stated:
        return tuple(key.strip() for key in stated.split(","))
    path = _key_file()
    return _keys_of(path, path.stat().st_mtime_ns, path.stat().st_ino)


def add_key() -> None:
    """Put a new key before the present one; one that is already there is taken up.

    Raises
    ------
    Misconfigured
        If the key comes from the settings and no new one stands before it.

    """
    if len(keys()) > 1:
        return
    if load().vault_key:
        raise Misconfigured(reason="set GRIDLINK_VAULT_KEY to NEW,OLD, then rotate")
    _write([Fernet.generate_key().decode(), *keys()])


def retire_keys() -> bool:
    """Leave the newest key alone in the file; False where the settings hold the keys."""
    if load().vault_key:
        return False
    _write([keys()[0]])
    return True


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys()])


@lru_cache(maxsize=4)
def _keys_of(path: Path, changed_ns: int, inode: int) -> tuple[str, ...]:
    return tuple(path.read_text("ascii").split())


def _write(lines: list[str]) -> None:
    """Replace the key file in one step; a power cut leaves the old one or the new one."""
    path = _key_file()
    handle, fresh = tempfile.mkstemp(dir=path.parent)  # 0600 by construction
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def _key_file() -> Path:
    """Return the file in `var/secrets`, made at first use and readable by its owner alone."""
    folder = load().var_dir / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "vault.key"
    if not path.exists():
        handle, fresh = tempfile.mkstemp(dir=folder)  # 0600 by construction
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key())
        # A link fails where another process was first; both then read the same whole key.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        os.unlink(fresh)
    return path
