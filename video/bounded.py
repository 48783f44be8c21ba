"""HTTP to a device with bounds that hold for every answer, also those the library reads itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from video.errors import AddressRefused
from video.mending import Inflater


class BoundedTransport(httpx.AsyncBaseTransport):
    """Refuses redirects and answers above a limit, packed or not.

    httpx reads the body of a 401 whole before it logs in by digest, and unpacks a compressed
    chunk whole before anybody can count: so the limit stands here, below both.

    Parameters
    ----------
    limit : int
        Bytes of a body at most, after unpacking.

    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # Self-signed certificates are the rule on cameras; the address is pinned instead.
        self._inner = httpx.AsyncHTTPTransport(verify=False, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer with a body that unpacks and counts itself."""
        request.headers["Accept-Encoding"] = "identity"
        answer = await self._inner.handle_async_request(request)
        if 300 <= answer.status_code < 400:
            await answer.aclose()
            raise AddressRefused(f"the device redirects (status {answer.status_code})")
        coding = answer.headers.pop("Content-Encoding", "").strip().lower()
        if isinstance(answer.stream, httpx.AsyncByteStream):
            answer.stream = _Counted(answer.stream, coding, self._limit)
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _Counted(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, coding: str, limit: int) -> None:
        self._inner = inner
        self._coding = coding
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        inflater = Inflater(self._coding, self._limit)
        async for piece in self._inner:
            yield inflater.take(piece)

    async def aclose(self) -> None:
        await self._inner.aclose()
