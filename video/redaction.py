"""Removes user names and passwords from any text before it is logged, raised or shown."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "***"

# A password may itself hold '@' or '/', so everything up to the last '@' before a blank, quote or
# angle bracket goes: losing a piece of a path is cheaper than showing half a password.
_USER_INFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,15}:)(//|%2f%2f)[^\s'\"<>]*(?:@|%40)")
_FIELD = re.compile(
    r"(?i)(?P<name>\b(?:password|passwd|pwd|secret|ticket)\b[\"']?\s*[=:]\s*)"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;&}<]+)"
)
_ELEMENT = re.compile(
    r"(?is)(<(?:[\w-]+:)?(?:Password|Nonce)\b[^>]*>)[^<]*(</(?:[\w-]+:)?(?:Password|Nonce)>)"
)
_HEADER = re.compile(
    r"(?i)(\bAuthorization:\s*(?:basic|digest|bearer)\s+)[^\r\n'\"]*(?:\"[^\r\n]*)?"
)
_SHORTEST_SECRET = 3


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return the text without user info, password fields, and the given secrets.

    Parameters
    ----------
    text : str
        Anything that may reach a log, an error or a person.
    secrets : iterable of str
        Passwords known to the caller; removed as they are, percent-encoded and in base64 (alone
        or inside ``user:password``, at any of the three alignments). Shorter than 3 characters
        are ignored: removing ``a`` everywhere would destroy the text and hide nothing.

    Returns
    -------
    str
        Equal to ``text`` where nothing was found.

    Examples
    --------
    >>> redact("open rtsp://admin:s3cr%2Fet@10.0.0.4:554/main failed")
    'open rtsp://***@10.0.0.4:554/main failed'

    """
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            for form in secret_forms(secret):
                text = text.replace(form, HIDDEN)
    text = _USER_INFO.sub(rf"\g<1>\g<2>{HIDDEN}@", text)
    text = _ELEMENT.sub(rf"\g<1>{HIDDEN}\g<2>", text)
    text = _HEADER.sub(rf"\g<1>{HIDDEN}", text)
    return _FIELD.sub(rf"\g<name>{HIDDEN}", text)


def secret_forms(secret: str) -> tuple[str, ...]:
    """Return the spellings of a secret worth searching for, longest first.

    Parameters
    ----------
    secret : str
        The password itself, not yet encoded.

    Returns
    -------
    tuple of str
        Plain, percent-encoded (two habits), and the base64 text that is stable at each of the
        three byte alignments, in the common and the URL alphabet.

    """
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    raw = secret.encode()
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + raw).decode()
        # The first and last characters mix in neighbouring bytes; only the middle is the secret's.
        start = (lead * 8 + 5) // 6
        stable = encoded[start : (lead + len(raw)) * 8 // 6]
        if len(stable) > _SHORTEST_SECRET:
            forms |= {stable, stable.replace("+", "-").replace("/", "_")}
    return tuple(sorted(forms, key=len, reverse=True))


class RedactingFilter(logging.Filter):
    """Rewrites each record's message and traceback through ``redact``; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact in place, since the same record goes on to every handler."""
        record.msg = redact(record.getMessage())
        record.args = None
        if record.exc_info:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True
