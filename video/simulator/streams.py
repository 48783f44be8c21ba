"""Streams of a simulated device: pictures pushed on the wall-clock grid to whoever watches.

Picture *k* of a stream leaves at epoch second `k / fps + phase_s`. A stream runs only while
somebody watches, and each picture is encoded once for all viewers.
"""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import ceil

import av

from video.simulator.access_units import AccessUnit, Codec
from video.simulator.clips import Clip
from video.simulator.encoder import LiveEncoder, VideoFormat, live_parameter_sets

log = logging.getLogger(__name__)

#: Receives each access unit with its number on the grid.
Consumer = Callable[[AccessUnit, int], None]

#: Draws the picture of this instant in a given format.
Painter = Callable[[VideoFormat], av.VideoFrame]


class Stream(ABC):
    """One stream; `attach` starts it, the last `detach` ends it. Belongs to one event loop."""

    codec: Codec
    video: VideoFormat
    parameter_sets: tuple[bytes, ...]
    bitrate_kbps: int

    def __init__(self, phase_s: float = 0.0) -> None:
        self.phase_s = phase_s
        self.is_frozen = False
        self.starts = 0
        self._is_key_wanted = False
        self._consumers: list[Consumer] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """True while somebody watches."""
        return self._task is not None

    def attach(self, consumer: Consumer) -> None:
        """Send every further access unit to *consumer*."""
        self._consumers.append(consumer)
        if self._task is None:
            self.starts += 1
            self._task = asyncio.get_running_loop().create_task(self._run())
            self._task.add_done_callback(_report)

    def detach(self, consumer: Consumer) -> None:
        """Send nothing more to *consumer*; without any left the stream stops."""
        self._consumers.remove(consumer)
        if not self._consumers and self._task is not None:
            self._task.cancel()
            self._task = None

    def request_key(self) -> None:
        """Ask for a key picture as soon as possible; a clip cannot and ignores it."""
        self._is_key_wanted = True

    def time_of(self, number: int) -> float:
        """Epoch second at which picture *number* is pushed."""
        return float(number / self.video.fps) + self.phase_s

    def next_number(self) -> int:
        """Number of the next picture on the grid."""
        return ceil((time.time() - self.phase_s) * self.video.fps)

    async def _run(self) -> None:
        self._begin()
        number = self.next_number()
        while True:
            await asyncio.sleep(self.time_of(number) - time.time())
            if not self.is_frozen:
                unit = await self._picture(number)
                for consumer in tuple(self._consumers):
                    consumer(unit, number)
            # A picture that cannot be made in time is left out, as a camera would.
            number = max(number + 1, self.next_number())

    @abstractmethod
    def _begin(self) -> None:
        """Prepare for a new run."""

    @abstractmethod
    async def _picture(self, number: int) -> AccessUnit:
        """The coded picture *number* of the grid."""


def _report(task: "asyncio.Task[None]") -> None:
    """A stream that broke says so: its viewers only see that nothing comes."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("stream broke", exc_info=error, extra={"action": "simulator.stream_broke"})


class ClipStream(Stream):
    """Loops a clip; picture *n* of the grid is picture `n % len(clip)` of the clip."""

    def __init__(self, clip: Clip, phase_s: float = 0.0) -> None:
        super().__init__(phase_s)
        self.clip = clip
        self.codec = clip.codec
        self.video = clip.video
        self.parameter_sets = clip.parameter_sets
        self.bitrate_kbps = clip.bitrate_kbps

    def age_s(self, frame_number: int, now_s: float) -> float:
        """How long ago the clip's picture *frame_number*, read from a barcode, was pushed.

        Unambiguous up to the length of the clip.
        """
        length_s = len(self.clip.units) / self.video.fps
        return float((now_s - self.phase_s - frame_number / self.video.fps) % length_s)

    def _begin(self) -> None:
        pass

    async def _picture(self, number: int) -> AccessUnit:
        return self.clip.units[number % len(self.clip.units)]


class ChangingStream(ClipStream):
    """Plays two clips in turn, two groups each: the camera is set to another size and back."""

    def __init__(self, clip: Clip, other: Clip) -> None:
        super().__init__(clip)
        self._clips = (clip, other)

    async def _picture(self, number: int) -> AccessUnit:
        clip = self._clips[number // (2 * self.video.gop) % 2]
        return clip.units[number % len(clip.units)]


class LiveStream(Stream):
    """Encodes what the device sees while somebody watches.

    *paint* draws the picture of this instant; it and the encoder run in *pool*.
    """

    codec: Codec = "h264"

    def __init__(
        self, paint: Painter, video: VideoFormat, *, phase_s: float, pool: ThreadPoolExecutor
    ) -> None:
        super().__init__(phase_s)
        self.video = video
        self.bitrate_kbps = video.bitrate_kbps
        self.parameter_sets = live_parameter_sets(video)
        self._paint = paint
        self._pool = pool

    def _begin(self) -> None:
        # A fresh one for every run, or the first picture would refer to ones nobody has.
        self._encoder = LiveEncoder(self.video)

    async def _picture(self, number: int) -> AccessUnit:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._encode, self._encoder)

    def _encode(self, encoder: LiveEncoder) -> AccessUnit:
        is_key, self._is_key_wanted = self._is_key_wanted, False
        return encoder.encode(self._paint(self.video), is_key=is_key)
