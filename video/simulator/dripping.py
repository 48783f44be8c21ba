"""The slow device: answers that leave a few bytes at a time."""

import asyncio

BYTES_PER_S = 50


async def write_slowly(writer: asyncio.StreamWriter, payload: bytes) -> None:
    """Send *payload* at 50 bytes a second, ten times a second."""
    step = BYTES_PER_S // 10
    for at in range(0, len(payload), step):
        writer.write(payload[at : at + step])
        await writer.drain()
        await asyncio.sleep(0.1)
