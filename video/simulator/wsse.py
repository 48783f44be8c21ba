"""WS-UsernameToken with a password digest (WS-Security UsernameToken Profile 1.0), device side."""

import base64
import binascii
import hashlib
import hmac
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from video.simulator.digest import Account, Verdict

SKEW_MAX_S = 300.0
NONCES_KEPT = 5_000

_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"


@dataclass(slots=True)
class TokenGate:
    """Judges UsernameTokens; a nonce is taken once, a token created over 300 s away never."""

    account: Account
    _seen: OrderedDict[bytes, None] = field(default_factory=OrderedDict)

    def judge(self, header: Element | None, *, now_s: float) -> Verdict:
        """What the token in a SOAP header is worth; *now_s* is the device's own clock."""
        token = None if header is None else header.find(f".//{{{_WSSE}}}UsernameToken")
        if token is None:
            return Verdict.MISSING
        given = {name: _text(token, f"{{{_WSSE}}}{name}") for name in ("Username", "Password")}
        created = _text(token, f"{{{_WSU}}}Created")
        nonce = _decoded(_text(token, f"{{{_WSSE}}}Nonce"))
        if given["Username"] != self.account.username or not nonce:
            return Verdict.REFUSED
        # Python's digest of the formula in the profile: Base64(SHA-1(nonce + created + password)).
        wanted = hashlib.sha1(
            nonce + created.encode() + self.account.password.encode(), usedforsecurity=False
        ).digest()
        if not hmac.compare_digest(base64.b64encode(wanted).decode(), given["Password"]):
            return Verdict.REFUSED
        moment_s = _epoch_s(created)
        if moment_s is None or abs(moment_s - now_s) > SKEW_MAX_S or nonce in self._seen:
            return Verdict.REFUSED
        self._seen[nonce] = None
        while len(self._seen) > NONCES_KEPT:
            self._seen.popitem(last=False)
        return Verdict.ACCEPTED


def _text(token: Element, tag: str) -> str:
    found = token.find(tag)
    return (found.text or "").strip() if found is not None else ""


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _epoch_s(created: str) -> float | None:
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
