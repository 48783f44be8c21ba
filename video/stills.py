"""Still pictures as the device serves them at its snapshot address."""

from __future__ import annotations

import asyncio

import httpx

from video.bounded import BoundedTransport
from video.credentials import Credentials
from video.errors import (
    CredentialsRejected,
    ProtocolViolation,
    TimedOut,
    Unreachable,
    Unsupported,
)
from video.httplogin import DigestLogin
from video.source import StreamTarget

_LARGEST_JPEG = 8 * 1024 * 1024
_JPEG_START = b"\xff\xd8\xff"


async def fetch_still(target: StreamTarget, *, deadline_s: float = 4.0) -> bytes:
    """Return the JPEG the device serves at its snapshot address.

    Parameters
    ----------
    target : StreamTarget
        Its policy pins the address; redirects are not followed.
    deadline_s : float
        For the whole exchange, a slowly dripping answer included.

    Returns
    -------
    bytes
        At most 8 MiB, checked to begin like a JPEG.

    Raises
    ------
    Unsupported
        The device names no snapshot address.
    DeviceError
        Refused, unreachable, late, or something that is no JPEG.

    """
    if not target.snapshot_url:
        raise Unsupported("the device names no snapshot address")
    try:
        async with asyncio.timeout(deadline_s):
            url = target.credentials.filled(target.snapshot_url)
            address = await asyncio.to_thread(target.policy.check, url)
            jpeg = await _get(address.url, target.credentials)
    except (TimeoutError, httpx.TimeoutException):
        raise TimedOut(f"no still within {deadline_s:g} s") from None
    except httpx.HTTPError as error:
        raise Unreachable(f"{address.authority}: {type(error).__name__}") from None
    if not jpeg.startswith(_JPEG_START):
        raise ProtocolViolation("the snapshot is no JPEG")
    return jpeg


async def _get(url: str, credentials: Credentials) -> bytes:
    bounded = BoundedTransport(_LARGEST_JPEG)
    async with httpx.AsyncClient(transport=bounded, trust_env=False) as client:
        try:
            return await _read(client, url, None)
        except _LoginWanted as wanted:
            if not credentials.given:
                raise CredentialsRejected("the snapshot needs a login, none is known") from None
            # ipycam 1.3.0 guards its snapshot with basic authentication alone.
            basic = httpx.BasicAuth(credentials.username, credentials.password)
            auth = DigestLogin(credentials) if wanted.is_digest else basic
        try:
            return await _read(client, url, auth)
        except _LoginWanted:
            raise CredentialsRejected("snapshot address") from None


class _LoginWanted(Exception):
    def __init__(self, challenge: str) -> None:
        super().__init__()
        self.is_digest = "digest" in challenge.lower()


async def _read(client: httpx.AsyncClient, url: str, auth: httpx.Auth | None) -> bytes:
    async with client.stream("GET", url, auth=auth) as answer:
        if answer.status_code in {401, 403}:
            raise _LoginWanted(answer.headers.get("WWW-Authenticate", ""))
        if answer.status_code != 200:
            raise ProtocolViolation(f"the snapshot address answered {answer.status_code}")
        return await answer.aread()
