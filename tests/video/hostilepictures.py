"""Pictures written bit by bit that claim what they are not, and what is left of a process."""

import os
import random
from pathlib import Path


def ue(value: int) -> str:
    """An Exp-Golomb code of ITU-T H.264, 9.1."""
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def unit(kind: int, bits: str) -> bytes:
    """A NAL unit of these bits, closed and escaped."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    raw = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    return b"\0\0\0\1" + bytes([kind]) + raw.replace(b"\0\0", b"\0\0\3")


def claiming(width_px: int, height_px: int) -> bytes:
    """A key picture of a few bytes whose header (H.264, 7.3.2.1) claims this size."""
    size = ue(width_px // 16 - 1) + ue(height_px // 16 - 1)
    sps = f"{66:08b}{0xC0:08b}{60:08b}" + ue(0) + ue(0) + ue(2) + ue(1) + "0" + size + "1100"
    pps = ue(0) + ue(0) + "00" + ue(0) + ue(0) + ue(0) + "000" + ue(0) * 3 + "000"
    slice_ = ue(0) + ue(7) + ue(0) + "0000" + ue(0) + "00" + ue(0) + ue(4) * 50
    return unit(0x67, sps) + unit(0x68, pps) + unit(0x65, slice_)


def nals_of(annex_b: bytes) -> list[bytes]:
    """The units between start codes of four bytes."""
    return annex_b.split(b"\0\0\0\1")[1:]


def damaged(whole: bytes, draw: random.Random) -> bytes:
    """The picture with up to forty bytes changed, and often its end cut off."""
    picture = bytearray(whole)
    for _ in range(draw.randint(1, 40)):
        picture[draw.randrange(len(picture))] = draw.randrange(256)
    return bytes(picture[: draw.randint(50, len(picture))])


def children() -> list[str]:
    """State and number of every child of this process that is left, zombies above all."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if int(parent) == os.getpid():
            found.append(f"{stat.parent.name} {state}")
    return found


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
