"""One look at a picture: brightness, sharpness, texture, corners and a print, all kept as figures.

Pictures are uint8 luma. Everything is measured on a copy 640 px wide, so positions are pixels of
that copy. The bands at top and bottom, where cameras write clock and name, are left out.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH_PX = 640
BLOCKS = (6, 16)
"""Rows and columns of blocks between the two bands."""
BAND = 1 / 8
"""Share of the height of each band; the burnt-in texts of common cameras take a tenth."""

_CORNERS = 500
_PROJECTIONS = 4
_LARGEST_FEATURES = 262_144

Gray = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Corners:
    """What a view is recognised by.

    ``at`` float32 (n, 2), pixels of the copy; ``told`` uint8 (n, 32), what ORB says of each;
    ``seen`` uint16 (n,), in how many looks it stood there.
    """

    at: Floats
    told: Gray
    seen: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class Look:
    """The figures of one picture.

    ``brightness`` and ``contrast`` (standard deviation) in levels 0-255, ``chroma`` the mean
    distance from grey, ``sharpness`` the energy of fine detail against that of contrast,
    ``texture`` float32 (96,) the standard deviation in each block, ``print`` float32 (96, 4): sums
    of the block's pixels under fixed random signs, over the root of their number. The squared
    difference of two prints estimates the squared difference of the pixels; the picture cannot be
    had back from it.
    """

    height_px: int
    brightness: float
    contrast: float
    chroma: float
    sharpness: float
    texture: Floats
    print: Floats
    corners: Corners


def look_at(gray: Gray, *, chroma: float = 0.0) -> Look:
    """Return the figures of a picture.

    Parameters
    ----------
    gray : ndarray
        uint8 (height, width), luma, at least 64 x 64.
    chroma : float
        Mean distance of the colour planes from grey, 0-128; 0 for a picture without colour.

    Raises
    ------
    ValueError
        Another type or shape.

    """
    if gray.dtype != np.uint8 or gray.ndim != 2 or min(gray.shape) < 64:
        raise ValueError(f"gray is {gray.dtype} {gray.shape}, not uint8 (>= 64, >= 64)")
    copy = _copy(gray)
    middle = copy[_bands(len(copy))]
    soft = cv2.GaussianBlur(middle, (0, 0), 1.0).astype(np.float32)
    contrast = float(soft.std())
    detail = cv2.Laplacian(soft, cv2.CV_32F)
    return Look(
        height_px=len(copy),
        brightness=float(middle.mean()),
        contrast=contrast,
        chroma=chroma,
        sharpness=float(detail.var()) / (contrast**2 + 4.0),
        texture=np.sqrt(_blocks(soft).var(axis=1)).astype(np.float32),
        print=_print(middle),
        corners=_corners(copy),
    )


def pack(look: Look) -> bytes:
    """Return a look as bytes, for the database; never a pickle."""
    buffer = io.BytesIO()
    scalars = (look.height_px, look.brightness, look.contrast, look.chroma, look.sharpness)
    np.savez_compressed(
        buffer,
        scalars=np.array(scalars, dtype=np.float64),
        texture=look.texture,
        print=look.print,
        at=look.corners.at,
        told=look.corners.told,
        seen=look.corners.seen,
    )
    return buffer.getvalue()


def unpack(packed: bytes) -> Look:
    """Return the look of `pack`.

    Raises
    ------
    ValueError
        The bytes are something else.

    """
    if len(packed) > _LARGEST_FEATURES:
        raise ValueError("too large for a look")
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as held:
            height, brightness, contrast, chroma, sharpness = map(float, held["scalars"])
            corners = Corners(held["at"], held["told"], held["seen"])
            return Look(
                height_px=int(height),
                brightness=brightness,
                contrast=contrast,
                chroma=chroma,
                sharpness=sharpness,
                texture=held["texture"],
                print=held["print"],
                corners=corners,
            )
    except (OSError, KeyError, TypeError, EOFError, BadZipFile) as broken:
        raise ValueError("not a look") from broken


def _copy(gray: Gray) -> Gray:
    height, width = gray.shape
    size = (WIDTH_PX, max(round(WIDTH_PX * height / width), 64))
    if size == (width, height):
        return gray
    shrinks = width > WIDTH_PX
    return np.asarray(
        cv2.resize(gray, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR),
        dtype=np.uint8,
    )


def _bands(height: int) -> slice:
    """Return the rows between the two bands."""
    return slice(round(height * BAND), height - round(height * BAND))


def _blocks(middle: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the pixels of each block, float32 (96, pixels); odd rows at the end are left out."""
    rows, columns = BLOCKS
    high, wide = middle.shape[0] // rows, middle.shape[1] // columns
    cut = middle[: rows * high, : columns * wide].reshape(rows, high, columns, wide)
    return cut.transpose(0, 2, 1, 3).reshape(rows * columns, high * wide)


def _print(middle: Gray) -> Floats:
    blocks = _blocks(middle.astype(np.float32))
    signs = _signs(blocks.shape[1])
    return np.asarray(blocks @ signs / np.sqrt(blocks.shape[1]), dtype=np.float32)


@cache
def _signs(pixels: int) -> NDArray[np.float32]:
    """Return the signs of the print, the same for ever: float32 (pixels, 4) of -1 and 1."""
    draw = np.random.Generator(np.random.PCG64(20260701))
    return (draw.integers(0, 2, (pixels, _PROJECTIONS)) * 2 - 1).astype(np.float32)


def _corners(copy: Gray) -> Corners:
    mask = np.zeros_like(copy)
    mask[_bands(len(copy))] = 255
    # A low threshold, because pictures at night have faint corners; the strongest stay.
    finder = cv2.ORB_create(nfeatures=_CORNERS, fastThreshold=8)  # type: ignore[attr-defined]
    points, told = finder.detectAndCompute(copy, mask)
    if told is None:
        return Corners(
            np.empty((0, 2), np.float32), np.empty((0, 32), np.uint8), np.empty(0, np.uint16)
        )
    at = np.array([point.pt for point in points], dtype=np.float32)
    return Corners(at, np.asarray(told, dtype=np.uint8), np.ones(len(at), dtype=np.uint16))
