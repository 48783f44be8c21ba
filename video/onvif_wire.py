"""Carries SOAP envelopes to one device under our rules: bounded, pinned, one deadline a call.

A wire knows HTTP and its digest login; what an answer means stands in `onvif_answers`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from video.addresses import CheckedAddress
from video.bounded import BoundedTransport
from video.credentials import Credentials
from video.errors import DeviceError, ProtocolViolation, TimedOut, Unreachable
from video.httplogin import DigestLogin
from video.mending import text_of
from video.onvif_answers import Reply

LARGEST_ANSWER = 2 * 1024 * 1024
_CONTENT_TYPE = "application/soap+xml; charset=utf-8"
_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class OnvifWire:
    """One device's connections.

    Parameters
    ----------
    credentials : Credentials
        For the digest login, where a call asks for it.
    call_s : float
        Deadline of a call that states none.

    """

    def __init__(self, credentials: Credentials, call_s: float) -> None:
        self._call_s = call_s
        self._digest = DigestLogin(credentials)
        self._has_answered = False
        self._client = httpx.AsyncClient(
            transport=BoundedTransport(LARGEST_ANSWER), trust_env=False, timeout=call_s
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(
        self,
        address: CheckedAddress,
        envelope: str,
        *,
        by_digest: bool,
        is_question: bool,
        call_s: float | None = None,
    ) -> tuple[Reply, bool]:
        """Return the answer to an envelope, and whether it had to be sent twice.

        Some devices close connections they have kept; a question that changes nothing is asked
        again then.

        Raises
        ------
        TimedOut, Unreachable, ProtocolViolation
            As their names say; an answer that declares a document type is a violation.

        """
        most_s = call_s or self._call_s
        auth = self._digest if by_digest else None
        is_second = False
        async with _translated(address, most_s):
            try:
                reply = await self._post(address.url, envelope, auth, most_s)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if not (self._has_answered and is_question):
                    raise
                is_second = True
                reply = await self._post(address.url, envelope, auth, most_s)
        self._has_answered = True
        return reply, is_second

    async def _post(self, url: str, envelope: str, auth: httpx.Auth | None, call_s: float) -> Reply:
        headers = {"Content-Type": _CONTENT_TYPE}
        async with self._client.stream(
            "POST", url, content=envelope, headers=headers, auth=auth, timeout=call_s
        ) as answer:
            said, is_miscalled = text_of(await answer.aread())
            # SOAP 1.2 forbids it; defusedxml lets one without entities pass.
            if _DOCTYPE.search(said):
                raise ProtocolViolation("the answer declares a document type")
            challenge = answer.headers.get("WWW-Authenticate", "")
            return Reply(answer.status_code, challenge, said, is_miscalled)


@asynccontextmanager
async def _translated(address: CheckedAddress, call_s: float) -> AsyncIterator[None]:
    """Give httpx's errors our names and the call its deadline."""
    try:
        async with asyncio.timeout(call_s):
            yield
    except DeviceError:
        raise
    except (TimeoutError, httpx.TimeoutException):
        raise TimedOut(f"no answer from {address.authority}") from None
    except (httpx.ConnectError, httpx.ReadError):
        raise Unreachable(address.authority) from None
    except httpx.HTTPError as error:
        if "disconnected" in str(error):  # closed without a word: nobody is at home
            raise Unreachable(address.authority) from None
        raise ProtocolViolation(f"{address.authority}: {type(error).__name__}") from None
