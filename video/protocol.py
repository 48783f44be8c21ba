"""The messages between media worker and console, and the serving of one viewer.

Client to server, text: first ``{"ticket", "codecs"}``, then ``{"type": "stats"}``, ``"keep"`` or
``{"type": "sound", "on": true}``. Server to client, text: ``init``, ``status``, ``error``,
``queue`` (place in the line for a conversion), ``sound``. Binary: one byte of kind; then, but for
kinds 0 and 4, eight bytes, big-endian, epoch milliseconds of reception; then the payload.
WebSocket compression must be off: it triples the cost and video does not shrink.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

from video.errors import ProtocolViolation

if TYPE_CHECKING:
    from video.fmp4 import InitSegment
    from video.hub import CameraHub
    from video.sound import AudioInfo
    from video.stream_state import HubStatus

Rung = Literal["native", "sub", "transcode"]
Item = str | bytes
SendText = Callable[[str], Awaitable[None]]
SendBytes = Callable[[bytes], Awaitable[None]]
Receive = Callable[[], Awaitable[str | bytes | None]]

KNOWN_CODECS = frozenset({"avc1", "hvc1"})
_LONGEST_MESSAGE = 4096
_VIEWER_CODES = frozenset(
    {
        "stream.credentials_rejected",
        "stream.codec_unplayable",
        "stream.overloaded",
        "stream.no_key_picture",
    }
)


class Kind(IntEnum):
    """First byte of a binary message."""

    INIT = 0
    KEY_FRAGMENT = 1
    FRAGMENT = 2
    POSTER = 3
    SOUND_INIT = 4
    SOUND = 5


_WITHOUT_TIME = frozenset({Kind.INIT, Kind.SOUND_INIT})


@dataclass(frozen=True, slots=True)
class Hello:
    """The viewer's first message; the ticket stays out of repr and so out of logs."""

    ticket: str = field(repr=False)
    codecs: frozenset[str]


@dataclass(slots=True)
class ViewingTally:
    """What one viewer has received, kept up to date while it watches; for the register.

    ``seen`` holds what else the register is to say: the stretches of a recording, for instance.
    """

    bytes_sent: int = 0
    messages_sent: int = 0
    dropped: int = 0
    viewer_stats: dict[str, object] = field(default_factory=dict)
    seen: dict[str, object] = field(default_factory=dict)


def parse_hello(text: str) -> Hello:
    """Return the viewer's first message.

    Parameters
    ----------
    text : str
        JSON as sent by the console.

    Returns
    -------
    Hello
        ``codecs`` holds the known ones only; ``avc1`` is taken as given.

    Raises
    ------
    ProtocolViolation
        Not JSON, too long, or without a ticket.

    """
    message = _parse(text)
    ticket, codecs = message.get("ticket"), message.get("codecs", [])
    if not isinstance(ticket, str) or not ticket or not isinstance(codecs, list):
        raise ProtocolViolation("the first message must hold ticket and codecs")
    named = {codec for codec in codecs if isinstance(codec, str)}
    return Hello(ticket, frozenset(named & KNOWN_CODECS | {"avc1"}))


def init_text(init: InitSegment, generation: int, rung: Rung) -> str:
    """Return the announcement of a new initialisation segment."""
    return json.dumps(
        {
            "type": "init",
            "mime": init.mime,
            "width": init.width,
            "height": init.height,
            "generation": generation,
            "rung": rung,
            "reorder": init.reorder_depth,
        }
    )


def status_text(status: HubStatus) -> str:
    """Return the status message; ``last_frame_at`` is ISO 8601 in UTC or null."""
    at = status.last_frame_at
    return json.dumps(
        {
            "type": "status",
            "state": status.state,
            "last_frame_at": None if at is None else iso(at),
            "reason": status.reason,
        }
    )


def queue_text(place: int, waiting: int) -> str:
    """Return that the viewer waits for a conversion, at which place of how many."""
    return json.dumps({"type": "queue", "place": place, "of": waiting})


def sound_text(info: AudioInfo | None, coding: str) -> str:
    """Return what sound there is: how it is played, or that its coding is left out."""
    state = "left_out" if info is None else info.note or "native"
    mime = None if info is None else f'audio/mp4; codecs="{info.codec_string}"'
    return json.dumps({"type": "sound", "state": state, "coding": coding, "mime": mime})


def error_text(code: str, **detail: str | int) -> str:
    """Return the error message for a code like ``stream.overloaded``."""
    return json.dumps({"type": "error", "code": code, **detail})


def viewer_code(code: str) -> str:
    """Return the code shown to viewers: the known ones, else that the camera is unreachable."""
    return code if code in _VIEWER_CODES else "stream.camera_unreachable"


def binary(kind: Kind, payload: bytes, received_ms: int = 0) -> bytes:
    """Return a binary message; ``received_ms`` is left out for kinds 0 and 4."""
    if kind in _WITHOUT_TIME:
        return bytes([kind]) + payload
    return bytes([kind]) + received_ms.to_bytes(8, "big") + payload


def iso(at: datetime) -> str:
    """Return an aware time as ISO 8601 with milliseconds and Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def serve_viewer(
    hub: CameraHub,
    send_text: SendText,
    send_bytes: SendBytes,
    receive: Receive,
    codecs: frozenset[str],
    *,
    tally: ViewingTally | None = None,
) -> ViewingTally:
    """Send the hub's stream to one viewer until either side ends it.

    Knows no transport: the caller has checked the ticket and passes its three functions. Cancel
    the call to end the viewing from outside (a right was revoked).

    Parameters
    ----------
    hub : CameraHub
        Started when it was not running.
    send_text, send_bytes : coroutine functions
        Their slowness is what fills this viewer's bounded queue; their errors come out of here.
    receive : coroutine function
        Next message of the viewer; None when it has gone.
    codecs : frozenset of str
        What the browser plays: ``avc1``, ``hvc1``.
    tally : ViewingTally, optional
        Counted into while serving, so that it is known even after a cancellation.

    Returns
    -------
    ViewingTally

    """
    tally = tally or ViewingTally()
    subscription = hub.subscribe(codecs)

    async def send() -> None:
        while (item := await subscription.next()) is not None:
            if isinstance(item, bytes):
                await send_bytes(item)
                tally.bytes_sent += len(item)
                tally.messages_sent += 1
            else:
                await send_text(item)
            tally.dropped = subscription.dropped

    def hear(message: dict[str, object]) -> None:
        hub.hear(subscription, on=message.get("on") is True)

    listening = _listen(receive, tally, hear)
    tasks = [asyncio.create_task(send()), asyncio.create_task(listening)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        hub.unsubscribe(subscription)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tally


async def _listen(
    receive: Receive, tally: ViewingTally, hear: Callable[[dict[str, object]], None]
) -> None:
    """Take what the viewer says until it goes; a malformed message is not worth a black tile."""
    while (text := await receive()) is not None:
        with suppress(ProtocolViolation):
            message = _parse(text) if isinstance(text, str) else {}
            if message.get("type") == "stats":
                tally.viewer_stats = message
            elif message.get("type") == "sound":
                hear(message)


def _parse(text: str) -> dict[str, object]:
    if len(text) > _LONGEST_MESSAGE:
        raise ProtocolViolation("the message is too long")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolViolation("the message is not JSON") from None
    if not isinstance(message, dict):
        raise ProtocolViolation("the message is not an object")
    return message
