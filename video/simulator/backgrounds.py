"""Moving backgrounds for simulated cameras, held decoded in memory as YUV 4:2:0 planes.

Two exist: the street shipped in `media/`, and a car park drawn here. Both are 768x576 at 10
pictures a second and run forth and back, so that the loop has no jump. Luma is kept within 32..219
and chroma within 32..224, so that a tint of up to 16 steps is a plain addition without overflow.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH_PX = 768
HEIGHT_PX = 576
PICTURES_PER_S = 10
STREET = Path(__file__).parent / "media" / "street.mp4"

Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class YuvPicture:
    """Planes of one picture: y (576, 768), u and v (288, 384), uint8."""

    y: Plane
    u: Plane
    v: Plane


@dataclass(frozen=True, slots=True)
class Background:
    """Pictures of one background, shown forth and back."""

    pictures: tuple[YuvPicture, ...]

    def picture_at(self, time_s: float) -> YuvPicture:
        """The picture shown at *time_s* of the endless ping-pong loop."""
        last = len(self.pictures) - 1
        step = int(time_s * PICTURES_PER_S) % (2 * last)
        return self.pictures[step if step <= last else 2 * last - step]


@lru_cache(maxsize=1)
def street() -> Background:
    """The shipped street view; decoded once per process, about 65 MB."""
    with av.open(str(STREET)) as container:
        return Background(tuple(_planes(frame) for frame in container.decode(video=0)))


@lru_cache(maxsize=1)
def car_park() -> Background:
    """A drawn car park with a road, one car passing and one parking; 4 s, about 26 MB."""
    grain = np.random.default_rng(20260701)
    drawn = (_planes(_frame_of(image)) for image in _car_park())
    return Background(tuple(replace(picture, y=_grained(picture.y, grain)) for picture in drawn))


def _grained(luma: Plane, draw: np.random.Generator) -> Plane:
    """The noise of a sensor: without it a drawn scene is a frozen one where nothing drives."""
    noise = draw.normal(0.0, 1.2, luma.shape).round()
    return np.clip(luma + noise, 32, 219).astype(np.uint8)


def load_backgrounds() -> None:
    """Have both backgrounds in memory, about a second of one core the first time."""
    street()
    car_park()


def _frame_of(image: Image.Image) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")


def _planes(frame: av.VideoFrame) -> YuvPicture:
    packed = frame.reformat(format="yuv420p").to_ndarray()
    quarter = HEIGHT_PX // 4
    u = packed[HEIGHT_PX : HEIGHT_PX + quarter].reshape(HEIGHT_PX // 2, WIDTH_PX // 2)
    v = packed[HEIGHT_PX + quarter :].reshape(HEIGHT_PX // 2, WIDTH_PX // 2)
    return YuvPicture(
        y=np.clip(packed[:HEIGHT_PX], 32, 219).astype(np.uint8),
        u=np.clip(u, 32, 224).astype(np.uint8),
        v=np.clip(v, 32, 224).astype(np.uint8),
    )


def _car_park() -> Iterator[Image.Image]:
    ground = _car_park_ground()
    for step in range(40):
        image = ground.copy()
        draw = ImageDraw.Draw(image)
        _car(draw, x=-80 + step * 22, y=470, colour=(150, 40, 40))
        _car(draw, x=340, y=420 - min(step, 26) * 6, colour=(50, 80, 150))
        yield image


def _car_park_ground() -> Image.Image:
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), (96, 110, 92))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 130, WIDTH_PX, 430), fill=(108, 108, 106))
    draw.rectangle((0, 440, WIDTH_PX, 560), fill=(84, 84, 86))
    for x in range(0, WIDTH_PX, 64):
        draw.rectangle((x, 494, x + 32, 499), fill=(200, 196, 170))
    for x in range(20, WIDTH_PX, 90):
        draw.line((x, 140, x, 270), fill=(210, 210, 205), width=4)
        if (x // 90) % 3 != 1:
            _car(draw, x=x + 8, y=200, colour=(90 + x % 97, 100 + x % 53, 110 + x % 71))
    draw.rectangle((60, 20, 320, 120), fill=(140, 118, 96))
    draw.rectangle((420, 36, 700, 120), fill=(120, 126, 134))
    return image


def _car(draw: ImageDraw.ImageDraw, *, x: int, y: int, colour: tuple[int, int, int]) -> None:
    draw.rounded_rectangle((x, y, x + 76, y + 40), radius=9, fill=colour)
    draw.rectangle((x + 20, y + 6, x + 56, y + 34), fill=(44, 50, 58))
