"""The little HTTP/1.1 a camera speaks: requests in, replies out, over asyncio streams."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

BODY_MAX_BYTES = 262_144
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    500: "Internal Server Error",
}


class BadRequest(Exception):
    """What arrived is not HTTP this device can read; the connection is closed with *status*."""

    def __init__(self, status: int) -> None:
        super().__init__(REASONS[status])
        self.status = status


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> tuple[str, ...]:
        """Parts of the path without the query."""
        return tuple(part for part in self.target.partition("?")[0].split("/") if part)

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants the connection to stay open."""
        return self.headers.get("connection", "").lower() != "close"


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A reply; the length header is added when it is sent."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()

    def rendered(self) -> bytes:
        """The bytes to send."""
        lines = [
            f"HTTP/1.1 {self.status} {REASONS[self.status]}",
            "Server: gridlink-simulator",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


async def read_request(reader: asyncio.StreamReader) -> HttpRequest | None:
    """The next request, None when the client has closed.

    Raises
    ------
    BadRequest
        Not HTTP, or a body that is too long or of unknown length.

    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise BadRequest(400) from error
        return None
    except asyncio.LimitOverrunError as error:
        raise BadRequest(413) from error
    lines = head.decode("latin-1").split("\r\n")
    start = lines[0].split(" ")
    if len(start) != 3 or not start[2].startswith("HTTP/1."):
        raise BadRequest(400)
    pairs = (line.partition(":") for line in lines[1:] if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = headers.get("content-length", "0")
    if not length.isdigit() or "transfer-encoding" in headers:
        raise BadRequest(400)
    if int(length) > BODY_MAX_BYTES:
        raise BadRequest(413)
    return HttpRequest(start[0], start[1], headers, await reader.readexactly(int(length)))
