"""What a simulated camera sees: its own window of a background with name, clock and barcode.

Pictures are YUV 4:2:0 `av.VideoFrame`; times are epoch seconds. The burnt-in barcode (see
`video.simulator.barcode` for the layout and a JavaScript reader) carries the true wall clock in
milliseconds, also when the device's own clock is set wrong: it is the instrument that measures.
"""

from dataclasses import dataclass, field
from io import BytesIO
from threading import Lock
from zlib import crc32
from zoneinfo import ZoneInfo

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from video.simulator.backgrounds import (
    HEIGHT_PX,
    WIDTH_PX,
    Background,
    YuvPicture,
    car_park,
    street,
)
from video.simulator.barcode import Picture, block_of_column, draw_code, read_code, strip_height_px
from video.simulator.overlays import ClockFace, Label, text_label
from video.simulator.ptz import Position

BACKGROUNDS = {"street": street, "car_park": car_park}
#: Window a fixed camera cuts out of the background, 16:9.
WINDOW_PX = (640, 360)

#: At full zoom the window shrinks to this share of its width.
FULL_ZOOM_SHARE = 0.4


def read_clock(picture: Picture) -> int | None:
    """The wall clock in the barcode of a live picture, epoch milliseconds, None when unreadable.

    Parameters
    ----------
    picture : ndarray
        uint8, shape (height, width, 3) RGB or (height, width) luma.

    Raises
    ------
    ValueError
        The array has another shape.

    """
    value = read_code(picture)
    # A frame number of a clip lies far below any clock of this century.
    return value if value is not None and value > 1_000_000_000_000 else None


@dataclass(frozen=True, slots=True)
class Look:
    """How one camera differs from its neighbours: window, mirror, tint and start of the loop."""

    background: str
    left: float
    top: float
    is_mirrored: bool
    luma_step: int
    u_step: int
    v_step: int
    phase_s: float


def look_of(camera_id: str, background: str | None = None) -> Look:
    """The look of a camera, always the same for the same id."""
    draw = np.random.default_rng(crc32(camera_id.encode()))
    chosen = "car_park" if draw.random() < 0.25 else "street"
    return Look(
        background=background or chosen,
        left=float(draw.random()),
        top=float(draw.random()),
        is_mirrored=bool(draw.random() < 0.5),
        luma_step=int(draw.integers(-14, 15)),
        u_step=int(draw.integers(-5, 6)),
        v_step=int(draw.integers(-5, 6)),
        phase_s=float(draw.random() * 20),
    )


@dataclass(slots=True)
class Scene:
    """Renders one camera at one picture size.

    Parameters
    ----------
    name : str
        Burnt in at the lower right.
    look : Look
    width_px, height_px : int
        Even; 16:9 keeps the proportions.
    zone : ZoneInfo, optional
        Zone of the burnt-in clock, the machine's own when None.

    """

    name: str
    look: Look
    width_px: int = 640
    height_px: int = 360
    zone: ZoneInfo | None = None
    _background: Background = field(init=False)
    _label: Label = field(init=False)
    _clock: ClockFace = field(init=False)
    _owners: NDArray[np.intp] = field(init=False)
    _reformatter: VideoReformatter = field(init=False, default_factory=VideoReformatter)
    _scaling: Lock = field(init=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self._background = BACKGROUNDS[self.look.background]()
        self._label = text_label(self.name, self.height_px // 17)
        self._clock = ClockFace(self.height_px // 18, self.zone)
        self._owners = block_of_column(self.width_px)

    def render(
        self, *, loop_s: float, code: int, clock_s: float | None, pose: Position | None = None
    ) -> av.VideoFrame:
        """One picture.

        Parameters
        ----------
        loop_s : float
            Time within the endless background.
        code : int
            Number for the barcode: epoch milliseconds, or a frame number.
        clock_s : float or None
            Epoch seconds for the burnt-in clock; None burns none in.
        pose : Position, optional
            Where the head of a PTZ camera points; None for a fixed camera.

        """
        source = self._background.picture_at(loop_s + self.look.phase_s)
        frame = self._fitted(self._window(source, self._box(pose)))
        luma = _plane(frame, 0)
        margin = self.height_px // 45
        if clock_s is not None:
            self._clock.label(clock_s).paste(luma, margin, margin)
        left = max(0, self.width_px - self._label.luma.shape[1] - margin)
        top = self.height_px - strip_height_px(self.height_px) - self._label.luma.shape[0]
        self._label.paste(luma, left, top)
        draw_code(luma, code, self._owners)
        for index in (1, 2):
            _plane(frame, index)[-strip_height_px(self.height_px) // 2 :] = 128
        return frame

    def _box(self, pose: Position | None) -> tuple[int, int, int, int]:
        """Left, top, width and height of the window in the background, all even."""
        width, height = WINDOW_PX
        across, down = self.look.left, self.look.top
        if pose is not None:
            share = 1 - (1 - FULL_ZOOM_SHARE) * pose.zoom
            width, height = int(width * share) // 2 * 2, int(height * share) // 2 * 2
            across, down = (pose.pan + 1) / 2, (1 - pose.tilt) / 2
        left = int((WIDTH_PX - width) * across) // 2 * 2
        top = int((HEIGHT_PX - height) * down) // 2 * 2
        return left, top, width, height

    def _window(self, source: YuvPicture, box: tuple[int, int, int, int]) -> av.VideoFrame:
        left, top, width, height = box
        frame = av.VideoFrame(width, height, "yuv420p")
        steps = (self.look.luma_step, self.look.u_step, self.look.v_step)
        for index, plane in enumerate((source.y, source.u, source.v)):
            half = 1 if index else 0
            rows = slice(top >> half, (top + height) >> half)
            cut = plane[rows, left >> half : (left + width) >> half]
            # Backgrounds leave head room, so adding modulo 256 never wraps.
            np.add(
                cut[:, ::-1] if self.look.is_mirrored else cut,
                np.uint8(steps[index] % 256),
                out=_plane(frame, index),
            )
        return frame

    def _fitted(self, frame: av.VideoFrame) -> av.VideoFrame:
        if (frame.width, frame.height) == (self.width_px, self.height_px):
            return frame
        # A snapshot and the stream may be drawn at once, and the scaler holds state.
        with self._scaling:
            return self._reformatter.reformat(
                frame, width=self.width_px, height=self.height_px, interpolation="FAST_BILINEAR"
            )


def jpeg(frame: av.VideoFrame) -> bytes:
    """The picture as JPEG (the device's snapshot)."""
    buffer = BytesIO()
    Image.fromarray(frame.to_ndarray(format="rgb24")).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _plane(frame: av.VideoFrame, index: int) -> NDArray[np.uint8]:
    """Writable view of one plane without the padding at its line ends."""
    plane = frame.planes[index]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
    view: NDArray[np.uint8] = rows[: plane.height, : plane.width]
    return view
