"""Asks a device by RTSP DESCRIBE what it would stream, before FFmpeg is let near it.

FFmpeg follows a redirect to any host; this step refuses it, spends at most one login, and gives
refusals their names.
"""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import time
from base64 import b64encode
from dataclasses import dataclass

from video.addresses import CheckedAddress
from video.credentials import Credentials
from video.errors import (
    AddressRefused,
    CredentialsRejected,
    DeviceError,
    ProtocolViolation,
    StreamFailed,
    TimedOut,
    Unreachable,
)

_LARGEST_ANSWER = 64 * 1024
_CHALLENGE = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class Answer:
    """One RTSP answer; header names are lower case, several values joined by a line break."""

    status: int
    headers: dict[str, str]
    body: str


def describe(address: CheckedAddress, credentials: Credentials, *, deadline_s: float = 5.0) -> str:
    """Return the session description the device offers at this address.

    Parameters
    ----------
    address : CheckedAddress
        The pinned address is the one connected to.
    credentials : Credentials
        Used once, when the device asks for them.
    deadline_s : float
        For the whole exchange.

    Returns
    -------
    str
        The description (RFC 8866), as sent.

    Raises
    ------
    Unreachable, TimedOut
        Nobody there, or no complete answer within the deadline.
    CredentialsRejected
        Status 401 or 403 after one login, or a login is needed and none is known.
    AddressRefused
        The device wants to send us elsewhere (status 3xx).
    ProtocolViolation
        The answer is not RTSP.
    StreamFailed
        Any other status, 404 for an unknown stream for instance.

    """
    end = time.monotonic() + deadline_s
    try:
        with _connect(address, deadline_s) as connection:
            answer = _ask(connection, address.url, 1, "", end)
            if answer.status == 401 and credentials.given:
                login = authorization(answer.headers, credentials, "DESCRIBE", address.url)
                answer = _ask(connection, address.url, 2, login, end)
    except TimeoutError:
        raise TimedOut(f"no description from {address.authority}") from None
    except OSError as error:
        raise Unreachable(f"{address.authority}: {error.strerror or 'closed'}") from None
    _require_ok(answer, address)
    return answer.body


def authorization(
    headers: dict[str, str], credentials: Credentials, method: str, url: str, *, count: int = 1
) -> str:
    """Return the Authorization header's value for a challenge (RFC 2617, MD5 digest or basic).

    ``count`` is how often the challenge's nonce has been used, this time included.

    Raises
    ------
    ProtocolViolation
        The challenge offers neither.

    """
    challenges = headers.get("www-authenticate", "").split("\n")
    digest = next((text for text in challenges if text.lower().startswith("digest")), None)
    if digest is not None:
        fields = {name.lower(): a or b for name, a, b in _CHALLENGE.findall(digest)}
        return _digest(fields, credentials, method, url, count)
    if any(text.lower().startswith("basic") for text in challenges):
        token = f"{credentials.username}:{credentials.password}".encode()
        return f"Basic {b64encode(token).decode()}"
    raise ProtocolViolation("the device asks for a login in an unknown manner")


def _digest(
    fields: dict[str, str], credentials: Credentials, method: str, url: str, count: int
) -> str:
    realm, nonce = fields.get("realm", ""), fields.get("nonce", "")
    secret = _md5(f"{credentials.username}:{realm}:{credentials.password}")
    action = _md5(f"{method}:{url}")
    known = f'username="{credentials.username}", realm="{realm}", nonce="{nonce}", uri="{url}"'
    if "auth" in fields.get("qop", "").split(","):
        once = _md5(f"{nonce}{time.monotonic_ns()}")[:16]
        reply = _md5(f"{secret}:{nonce}:{count:08x}:{once}:auth:{action}")
        known += f', qop=auth, nc={count:08x}, cnonce="{once}"'
    else:
        reply = _md5(f"{secret}:{nonce}:{action}")
    opaque = f', opaque="{fields["opaque"]}"' if "opaque" in fields else ""
    return f'Digest {known}, response="{reply}"{opaque}'


def _md5(text: str) -> str:
    # RTSP devices know no other digest; it guards nothing but the line to the device.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _connect(address: CheckedAddress, timeout_s: float) -> socket.socket:
    plain = socket.create_connection((address.pinned_ip, address.port), timeout=timeout_s)
    if address.scheme != "rtsps":
        return plain
    # Cameras carry self-signed certificates; the pinned address stands for the device's identity.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain)


def _ask(connection: socket.socket, url: str, sequence: int, login: str, end: float) -> Answer:
    lines = [f"DESCRIBE {url} RTSP/1.0", f"CSeq: {sequence}", "Accept: application/sdp",
             "User-Agent: gridlink"]  # fmt: skip
    if login:
        lines.append(f"Authorization: {login}")
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return _read_answer(connection, end)


def _read_answer(connection: socket.socket, end: float) -> Answer:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection, end, len(received))
    head, _, body = received.partition(b"\r\n\r\n")
    status, headers = parse_head(head.decode("utf-8", "replace"))
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > _LARGEST_ANSWER:
        raise ProtocolViolation("impossible content length")
    while len(body) < int(length):
        body += _receive(connection, end, len(body))
    return Answer(status, headers, body[: int(length)].decode("utf-8", "replace"))


def _receive(connection: socket.socket, end: float, so_far: int) -> bytes:
    left_s = end - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    if so_far > _LARGEST_ANSWER:
        raise ProtocolViolation("endless answer")
    connection.settimeout(left_s)
    chunk = connection.recv(8192)
    if not chunk and not so_far:
        raise Unreachable("the device accepts connections but hangs up")
    if not chunk:
        raise ProtocolViolation("the device hung up in the middle of its answer")
    return chunk


def parse_head(head: str) -> tuple[int, dict[str, str]]:
    """Return status and headers of an answer; names in lower case, repeated ones on lines."""
    first, *rest = head.split("\r\n")
    version, _, tail = first.partition(" ")
    if not version.startswith("RTSP/") or not tail[:3].isdigit():
        raise ProtocolViolation("the answer is not RTSP")
    headers: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition(":")
        key = name.strip().lower()
        headers[key] = f"{headers[key]}\n{value.strip()}" if key in headers else value.strip()
    return int(tail[:3]), headers


def _require_ok(answer: Answer, address: CheckedAddress) -> None:
    problem = problem_of(answer.status)
    if problem is not None:
        raise problem(f"{address.authority} answered {answer.status}")


def problem_of(status: int) -> type[DeviceError] | None:
    """Return the error that an answer's status stands for, None for success."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return AddressRefused
    return CredentialsRejected if status in {401, 403} else StreamFailed
