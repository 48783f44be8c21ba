"""HTTP digest logins (RFC 7616, RFC 2617) as devices ask for them, for HTTP and for RTSP.

httpx's own raises plain KeyError, ValueError or NotImplementedError at challenges it does not know.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from video.credentials import Credentials
from video.errors import ProtocolViolation

_SCHEME = re.compile(r"(?:^|,)\s{0,8}digest\s", re.IGNORECASE)
_FIELD = re.compile(r'\b(\w{1,20})\s{0,8}=\s{0,8}(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256", "SHA": "sha1"}
ALL_HASHES = frozenset(_HASHES)
#: FFmpeg, which pulls the live streams, has no other.
FFMPEG_HASHES = frozenset({"MD5"})


@dataclass(frozen=True, slots=True)
class Challenge:
    """One demand for a login; ``algorithm`` as the device writes it, empty where it does not."""

    realm: str
    nonce: str
    algorithm: str = ""
    opaque: str | None = None
    qop: str | None = None

    def is_met_by(self, hashes: frozenset[str]) -> bool:
        """Return whether one of these hashes is wanted, and not also one of the body."""
        words = {word.strip().lower() for word in (self.qop or "auth").split(",")}
        return bool(self.nonce) and self._hash in hashes and "auth" in words

    @property
    def _hash(self) -> str:
        return (self.algorithm or "MD5").upper().removesuffix("-SESS")

    def answer(
        self,
        credentials: Credentials,
        method: str,
        uri: str,
        *,
        count: int = 1,
        encoding: str = "utf-8",
    ) -> str:
        """Return the Authorization header's value.

        Parameters
        ----------
        credentials : Credentials
            Of the device.
        method, uri : str
            Of the request it stands in.
        count : int
            How often the nonce has been used, this time included.
        encoding : str
            By which the challenge was read from bytes; user and password count in UTF-8.

        Returns
        -------
        str
            To be written in the same encoding.

        """

        def digest(*parts: str) -> str:
            # MD5 is what most devices know; it guards nothing but the line to the device.
            made = hashlib.new(_HASHES[self._hash], usedforsecurity=False)
            made.update(":".join(parts).encode(encoding))
            return made.hexdigest()

        user = credentials.username.encode().decode(encoding)
        once = secrets.token_hex(8)
        secret = digest(user, self.realm, credentials.password.encode().decode(encoding))
        if self.algorithm.lower().endswith("-sess"):
            secret = digest(secret, self.nonce, once)
        said = f'username="{_quoted(user)}", realm="{_quoted(self.realm)}"'
        said += f', nonce="{_quoted(self.nonce)}", uri="{uri}"'
        if self.algorithm:
            said += f", algorithm={self.algorithm}"
        if self.qop:
            reply = digest(secret, self.nonce, f"{count:08x}", once, "auth", digest(method, uri))
            said += f', qop=auth, nc={count:08x}, cnonce="{once}"'
        else:
            reply = digest(secret, self.nonce, digest(method, uri))
        opaque = "" if self.opaque is None else f', opaque="{_quoted(self.opaque)}"'
        return f'Digest {said}, response="{reply}"{opaque}'


def choose_challenge(
    headers: Iterable[str], hashes: frozenset[str] = ALL_HASHES
) -> Challenge | None:
    """Return the first digest that can be met, in the device's own order; None without a digest.

    Raises
    ------
    ProtocolViolation
        Digests are asked for, and none of them can be met.

    """
    found = [challenge for header in headers for challenge in _challenges(header)]
    known = next((one for one in found if one.is_met_by(hashes)), None)
    if found and known is None:
        wanted = {f"{one.algorithm[:30] or 'MD5'}, qop {(one.qop or '')[:30]!r}" for one in found}
        raise ProtocolViolation(
            f"the device wants a login not spoken here: {'; '.join(sorted(wanted))[:200]}"
        )
    return known


def _challenges(header: str) -> list[Challenge]:
    starts = [match.end() for match in _SCHEME.finditer(header)]
    if header.strip().lower() == "digest":
        return [Challenge("", "")]
    found = []
    for start, end in pairwise([*starts, len(header)]):
        fields: dict[str, str] = {}
        for name, quoted, plain in _FIELD.findall(header[start:end]):
            # Of a second scheme in the same line the realm comes later: the first counts.
            fields.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or plain)
        realm, nonce = fields.get("realm", ""), fields.get("nonce", "")
        algorithm, qop = fields.get("algorithm", ""), fields.get("qop")
        found.append(Challenge(realm, nonce, algorithm, fields.get("opaque"), qop))
    return found


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
