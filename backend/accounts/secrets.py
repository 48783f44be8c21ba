"""Secrets that a caller presents: only their hashes are stored."""

import hashlib
import secrets

TOKEN_PREFIX = "glk_"  # noqa: S105  a mark by which a leaked token is recognised


def new_session_secret() -> str:
    return secrets.token_urlsafe(32)


def new_csrf_token() -> str:
    return secrets.token_urlsafe(24)


def new_bearer_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """Return what is stored of a secret; it is random enough to need no salt or stretching."""
    return hashlib.sha256(secret.encode()).digest()
