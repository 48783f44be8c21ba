"""Pictures with a known truth for the tests of health: turned, darkened, rained on, covered.

A turn is exact: a camera that turns about its lens moves every point by K R K^-1. Sources are
the recorded street (with walkers) and drawn towns; views are windows of 640 x 360.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from video.simulator.backgrounds import car_park, street

Gray = NDArray[np.uint8]
FOV_DEG = 60.0
SIZE = (640, 360)
_FOCAL_PX = SIZE[0] / 2 / math.tan(math.radians(FOV_DEG) / 2)


@cache
def town(seed: int) -> Gray:
    """A drawn street of houses with windows, poles and a road, 1600 x 1000, soft as lenses are."""
    draw = np.random.default_rng(seed)
    picture = np.full((1000, 1600), 175.0, np.float32)
    picture[:400] += np.linspace(40, 0, 400)[:, None]
    picture[560:] = 95
    x = 0
    while x < 1600:
        wide, high = int(draw.integers(90, 240)), int(draw.integers(160, 420))
        tone, top = float(draw.integers(60, 200)), 580 - high
        picture[top:580, x : x + wide] = tone
        for wx in range(x + 8, x + wide - 14, int(draw.integers(18, 34))):
            for wy in range(top + 8, 560, int(draw.integers(24, 40))):
                picture[wy : wy + 14, wx : wx + 10] = tone + float(draw.integers(-70, 70))
        x += wide + int(draw.integers(0, 30))
    for _ in range(220):  # signs, cars at the kerb, patches of the road
        px, py = draw.integers(0, 1560), draw.integers(520, 980)
        w, h = draw.integers(6, 50), draw.integers(5, 26)
        picture[py : py + h, px : px + w] = float(draw.integers(30, 220))
    soft = cv2.GaussianBlur(picture, (0, 0), 1.1)
    grain = draw.normal(0, 5, soft.shape)
    return np.clip(soft + cv2.GaussianBlur(grain, (0, 0), 0.8), 0, 255).astype(np.uint8)


def street_at(time_s: float) -> Gray:
    """The recorded street at a time of its loop, 768 x 576."""
    return street().picture_at(time_s).y


def car_park_at(time_s: float) -> Gray:
    return car_park().picture_at(time_s).y


def view(
    source: Gray,
    *,
    right_deg: float = 0.0,
    up_deg: float = 0.0,
    roll_deg: float = 0.0,
    zoom: float = 1.0,
) -> Gray:
    """Return what a camera in the middle of `source` sees once turned, FOV_DEG across."""
    height, width = source.shape
    to_ray = np.linalg.inv(
        np.array([[_FOCAL_PX, 0, width / 2], [0, _FOCAL_PX, height / 2], [0, 0, 1]])
    )
    to_picture = np.array(
        [[_FOCAL_PX * zoom, 0, SIZE[0] / 2], [0, _FOCAL_PX * zoom, SIZE[1] / 2], [0, 0, 1]]
    )
    # Camera axes: x right, y down, z ahead. Points go into the turned camera by the inverse turn.
    yaw, pitch, roll = (math.radians(a) for a in (right_deg, up_deg, roll_deg))
    about_y = np.array(
        [[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]]
    )
    about_x = np.array(
        [[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]]
    )
    about_z = np.array(
        [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
    )
    turn = about_y @ about_x @ about_z
    motion = to_picture @ turn.T @ to_ray
    return np.asarray(
        cv2.warpPerspective(
            source, motion, SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        ),
        dtype=np.uint8,
    )


def noisy(picture: Gray, sigma: float, seed: int = 0) -> Gray:
    """Add sensor noise of so many levels."""
    grain = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def dimmed(picture: Gray, gain: float, seed: int = 0) -> Gray:
    """Take light away, and add the noise of the amplifier that makes up for it."""
    return noisy((picture * gain).astype(np.uint8), 3.0, seed)


def rained_on(picture: Gray, seed: int = 0) -> Gray:
    """Draw 300 streaks of rain, and the haze between."""
    draw = np.random.default_rng(seed)
    wet = (picture * 0.75 + 40).astype(np.uint8)
    for _ in range(300):
        x, y = int(draw.integers(0, SIZE[0])), int(draw.integers(0, SIZE[1]))
        cv2.line(wet, (x, y), (x + 2, y + int(draw.integers(8, 22))), 215, 1)
    return noisy(wet, 2.0, seed)


def pressed(picture: Gray, quality: int) -> Gray:
    """Through JPEG and back."""
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def with_clock(picture: Gray, second: int) -> Gray:
    """Burn in a clock as cameras do, in the upper left corner."""
    marked = picture.copy()
    cv2.putText(
        marked, f"2026-11-22 10:{second // 60 % 60:02d}:{second % 60:02d}", (12, 28), 0, 0.7, 255, 2
    )
    return marked


def key_picture(picture: Gray, codec: str = "libx264", **options: str) -> bytes:
    """Return a picture as one key frame in Annex B form, parameter sets included."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height = picture.shape[1], picture.shape[0]
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "crf": "26"} | options
    frame = av.VideoFrame.from_ndarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB), format="rgb24")
    packets = encoder.encode(frame.reformat(format="yuv420p")) + encoder.encode(None)
    return b"".join(bytes(packet) for packet in packets)


Weather = Callable[[Gray, int], Gray]
WEATHERS: dict[str, Weather] = {
    "same light": lambda p, s: noisy(p, 2.0, s),
    "poor jpeg": lambda p, s: pressed(noisy(p, 2.0, s), 20),
    "rain": rained_on,
    "dusk": lambda p, s: dimmed(p, 0.5, s),
    "dark": lambda p, s: dimmed(p, 0.22, s),
    "glare": lambda p, s: noisy(np.clip(p * 1.5, 0, 255).astype(np.uint8), 2.0, s),
}
