"""Many WebSocket viewers in one cheap process: counts messages, and times each known picture.

Prints one JSON line when the time is over. Only headers are parsed; a picture is known by the last
bytes of its sample, which are the same in the clip and in the fragment.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from math import inf
from pathlib import Path
from typing import cast

import uvloop

from video.simulator.clips import load_clip

TAIL = 48


class Viewing(asyncio.Protocol):
    """One viewer; appends the age of each recognised picture to ``ages_s``."""

    def __init__(self, path: str, known: dict[bytes, int], span: tuple[float, float]) -> None:
        self.path, self.known, self.span = path, known, span
        self.ages_s: list[float] = []
        self.messages = 0
        self.bytes = 0
        self.first_frame_s = 0.0
        self.longest_gap_s = 0.0
        self._last_s = 0.0
        self.began = time.monotonic()
        self._waiting = bytearray()
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self.transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, received: bytes) -> None:
        self._waiting += received
        if not self._is_open:
            end = self._waiting.find(b"\r\n\r\n")
            if end < 0:
                return
            assert self._waiting.startswith(b"HTTP/1.1 101"), bytes(self._waiting[:200])
            del self._waiting[: end + 4]
            self._is_open = True
            hello = b'{"ticket": "bench", "codecs": ["avc1"]}'
            # Mask of zeros: allowed by RFC 6455 and the text goes as it is.
            self.transport.write(bytes([0x81, 0x80 | len(hello)]) + bytes(4) + hello)
        self._take_messages()

    def gap_s(self) -> float:
        """The longest time between two pictures, the time since the last one included."""
        return max(self.longest_gap_s, time.time() - self._last_s) if self._last_s else inf

    def _take_messages(self) -> None:
        waiting, at = self._waiting, 0
        while len(waiting) - at >= 2:
            length, head = waiting[at + 1] & 0x7F, 2
            if length == 126:
                length, head = int.from_bytes(waiting[at + 2 : at + 4], "big"), 4
            elif length == 127:
                length, head = int.from_bytes(waiting[at + 2 : at + 10], "big"), 10
            if len(waiting) - at < head + length:
                break
            self._count(waiting[at] & 0x0F, at + head, at + head + length)
            at += head + length
        del waiting[:at]

    def _count(self, opcode: int, start: int, end: int) -> None:
        if opcode == 9:  # a ping unanswered for twenty seconds ends the connection
            told = bytes(self._waiting[start:end])
            self.transport.write(bytes([0x8A, 0x80 | len(told)]) + bytes(4) + told)
        if opcode != 2 or self._waiting[start] not in {1, 2}:
            return
        if not self.first_frame_s:
            self.first_frame_s = time.monotonic() - self.began
        begins, length_s = self.span
        now = time.time()
        if now < begins:
            return
        self.messages += 1
        if self._last_s:
            self.longest_gap_s = max(self.longest_gap_s, now - self._last_s)
        self._last_s = now
        self.bytes += end - start
        number = self.known.get(bytes(self._waiting[end - TAIL : end]))
        if number is not None:
            self.ages_s.append((now - number / 25) % length_s)


async def watch(port: int, paths: list[str], clip_path: str, timing: tuple[float, float]) -> None:
    """Watch every path from ``warm_s`` on for ``for_s`` seconds."""
    warm_s, for_s = timing
    units = load_clip(Path(clip_path)).units
    known = {bytes(unit.nals[-1][-TAIL:]): number for number, unit in enumerate(units)}
    assert len(known) == len(units), "pictures of the clip cannot be told apart"
    loop = asyncio.get_running_loop()
    span = (time.time() + warm_s, len(units) / 25)
    viewers = []
    for path in paths:
        _, viewer = await loop.create_connection(
            lambda path=path: Viewing(path, known, span), "127.0.0.1", port
        )
        viewers.append(viewer)
    await asyncio.sleep(warm_s)
    print(json.dumps({"warm": True}), flush=True)
    await asyncio.sleep(for_s)
    print(
        json.dumps(
            {
                "messages": sum(viewer.messages for viewer in viewers),
                "slowest": min(viewer.messages for viewer in viewers),
                "bytes": sum(viewer.bytes for viewer in viewers),
                "ages_s": [age for viewer in viewers for age in viewer.ages_s[::7]],
                "longest_gap_s": [viewer.gap_s() for viewer in viewers],
                "first_frame_s": sorted(viewer.first_frame_s for viewer in viewers),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    arguments = json.loads(sys.argv[1])
    uvloop.run(
        watch(
            arguments["port"], arguments["paths"], arguments["clip"],
            (arguments["warm_s"], arguments["for_s"]),
        )
    )  # fmt: skip
