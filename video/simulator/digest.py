"""HTTP digest and basic authentication seen from the device: RFC 2617/7616 with MD5.

RTSP uses the same scheme (RFC 2326 section 11.1). MD5 is what cameras speak; nothing here is
meant to protect more than a simulated device.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum

#: A nonce is taken this long, then the client is told that it is stale.
NONCE_LIFE_S = 300.0
NONCES_KEPT = 2_000

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class Verdict(Enum):
    """What the device thinks of the credentials of a request."""

    ACCEPTED = "accepted"
    MISSING = "missing"
    REFUSED = "refused"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Account:
    """The one account of a simulated device; the password stays out of repr."""

    username: str
    password: str = field(repr=False)


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class DigestGate:
    """Issues nonces and judges `Authorization` headers.

    Parameters
    ----------
    account : Account
    realm : str
    has_qop : bool
        True asks for `qop="auth"` and then takes each (nonce, nc) once only; cameras do so for
        HTTP. False is the older form without a counter, common for RTSP.
    takes_basic : bool
        Also accept basic authentication.

    """

    account: Account
    realm: str
    has_qop: bool = True
    takes_basic: bool = False
    _nonces: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict)

    def challenges(self, *, is_stale: bool = False) -> list[str]:
        """Values for `WWW-Authenticate`, strongest first."""
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = (time.monotonic(), 0)
        while len(self._nonces) > NONCES_KEPT:
            self._nonces.popitem(last=False)
        value = f'Digest realm="{self.realm}", nonce="{nonce}", algorithm=MD5'
        value += ', qop="auth"' if self.has_qop else ""
        value += ", stale=true" if is_stale else ""
        return [value, f'Basic realm="{self.realm}"'] if self.takes_basic else [value]

    def judge(self, header: str | None, method: str, uri: str) -> Verdict:
        """Whether *header* (the value of `Authorization`) opens *method* on *uri*."""
        if not header:
            return Verdict.MISSING
        scheme, _, rest = header.partition(" ")
        if scheme.lower() == "basic":
            return self._judge_basic(rest)
        if scheme.lower() != "digest":
            return Verdict.REFUSED
        fields = {m[1].lower(): m[2] if m[2] is not None else m[3] for m in _PAIR.finditer(rest)}
        if fields.get("username") != self.account.username or fields.get("uri") != uri:
            return Verdict.REFUSED
        if not hmac.compare_digest(self._expected(fields, method), fields.get("response", "")):
            return Verdict.REFUSED
        return self._judge_nonce(fields)

    def _judge_basic(self, token: str) -> Verdict:
        if not self.takes_basic:
            return Verdict.REFUSED
        try:
            given = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            return Verdict.REFUSED
        wanted = f"{self.account.username}:{self.account.password}".encode()
        return Verdict.ACCEPTED if hmac.compare_digest(given, wanted) else Verdict.REFUSED

    def _expected(self, fields: dict[str, str], method: str) -> str:
        first = _md5(self.account.username, self.realm, self.account.password)
        second = _md5(method, fields["uri"])
        nonce = fields.get("nonce", "")
        if "qop" not in fields:
            return _md5(first, nonce, second)
        counter, client = fields.get("nc", ""), fields.get("cnonce", "")
        return _md5(first, nonce, counter, client, fields["qop"], second)

    def _judge_nonce(self, fields: dict[str, str]) -> Verdict:
        nonce = fields.get("nonce", "")
        born_s, used = self._nonces.get(nonce, (0.0, 0))
        if nonce not in self._nonces or time.monotonic() - born_s > NONCE_LIFE_S:
            return Verdict.STALE
        if not self.has_qop:
            return Verdict.ACCEPTED
        try:
            counter = int(fields.get("nc", ""), 16)
        except ValueError:
            return Verdict.REFUSED
        if "qop" not in fields or counter <= used:
            return Verdict.REFUSED
        self._nonces[nonce] = (born_s, counter)
        return Verdict.ACCEPTED
