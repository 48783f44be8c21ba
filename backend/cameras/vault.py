"""Camera credentials at rest: Fernet (AES-128-CBC with HMAC) under a key outside the database."""

import contextlib
import json
import os
import tempfile
from functools import cache

from cryptography.fernet import Fernet, InvalidToken

from ..errors import Misconfigured
from ..settings import load


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


@cache
def _cipher() -> Fernet:
    return Fernet(load().vault_key or _key_file())


def _key_file() -> bytes:
    """Return the key in `var/secrets`, made at first use and readable by its owner alone."""
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
    return path.read_bytes()
