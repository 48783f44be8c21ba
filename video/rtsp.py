"""Asks a device by RTSP DESCRIBE what it would stream, before FFmpeg is let near it.

FFmpeg follows a redirect to any host; this step refuses it, spends at most one login, and gives
refusals their names.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from video.addresses import CheckedAddress
from video.credentials import Credentials
from video.digest import ALL_HASHES, FFMPEG_HASHES, choose_challenge
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
                login = authorization(
                    answer.headers, credentials, "DESCRIBE", address.url, hashes=FFMPEG_HASHES
                )
                answer = _ask(connection, address.url, 2, login, end)
    except TimeoutError:
        raise TimedOut(f"no description from {address.authority}") from None
    except OSError as error:
        raise Unreachable(f"{address.authority}: {error.strerror or 'closed'}") from None
    _require_ok(answer, address)
    return answer.body


def authorization(
    headers: dict[str, str],
    credentials: Credentials,
    method: str,
    url: str,
    *,
    count: int = 1,
    hashes: frozenset[str] = ALL_HASHES,
) -> str:
    """Return the Authorization header's value for a challenge (digest or basic).

    ``count`` is how often the challenge's nonce has been used, this time included.

    Raises
    ------
    ProtocolViolation
        The challenge offers neither, or digests that cannot be met.

    """
    challenges = headers.get("www-authenticate", "").split("\n")
    digest = choose_challenge(challenges, hashes)
    if digest is not None:
        return digest.answer(credentials, method, url, count=count)
    if any(text.lower().startswith("basic") for text in challenges):
        token = f"{credentials.username}:{credentials.password}".encode()
        return f"Basic {b64encode(token).decode()}"
    raise ProtocolViolation("the device asks for a login in an unknown manner")


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
    length = content_length(headers, _LARGEST_ANSWER)
    while len(body) < length:
        body += _receive(connection, end, len(body))
    return Answer(status, headers, body[:length].decode("utf-8", "replace"))


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
    if not version.startswith("RTSP/") or not re.fullmatch("[0-9]{3}", tail[:3]):
        raise ProtocolViolation("the answer is not RTSP")
    headers: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition(":")
        key = name.strip().lower()
        headers[key] = f"{headers[key]}\n{value.strip()}" if key in headers else value.strip()
    return int(tail[:3]), headers


def content_length(headers: Mapping[str, str], most: int) -> int:
    """Return the stated length of a body, 0 where none is stated.

    Raises
    ------
    ProtocolViolation
        It is no number, or above ``most``.

    """
    said = headers.get("content-length", "0")
    # `isdigit` lets other scripts' digits pass, and int() stops at 4,300 of any.
    if not re.fullmatch("[0-9]{1,9}", said) or int(said) > most:
        raise ProtocolViolation("impossible content length")
    return int(said)


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
