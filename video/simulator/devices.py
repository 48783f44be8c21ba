"""One simulated device: what it is (`DeviceSpec`) and how it stands now (`SimulatedDevice`)."""

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal
from zlib import crc32
from zoneinfo import ZoneInfo

import av

from video.simulator.access_units import Codec
from video.simulator.clips import ClipRecipe, Style, cached_clip, load_clip
from video.simulator.digest import Account, DigestGate
from video.simulator.encoder import VideoFormat
from video.simulator.events import DeviceEvents
from video.simulator.oddities import STYLES, Odd
from video.simulator.ptz import PtzHead
from video.simulator.ptz_kinds import KINDS, HeadKind, KindName, View
from video.simulator.recorder import Recorder
from video.simulator.scenes import Scene, look_of
from video.simulator.streams import ChangingStream, ClipStream, LiveStream, Stream

StreamName = Literal["main", "sub"]


class Fault(StrEnum):
    """What can be wrong with a device."""

    DEAD = "dead"  # connections are closed without an answer
    FREEZE = "freeze"  # everything answers, pictures stop
    HANG = "hang"  # requests are read and never answered
    DRIP = "drip"  # answers leave at 50 bytes a second, pictures stop
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - the device knows another one than its record


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One line of a fleet file.

    `scene` is "live" (burnt-in clock, encoded while watched) or "clip" (pre-encoded loop with
    frame numbers); main of an H.265 device is always a clip. `join` says whether a new viewer
    begins at a key picture or at once. Clips that are not named are made in `clip_folder`, which
    is relative to the working directory. `recorder` says how its recordings are played, if at all;
    `record_gap` is every how many seconds they are interrupted, and for how long. `odd` names what
    is odd about its streams (`oddities.Odd`; picture styles need a clip), `sound` its coding.
    `ptz_north_deg` is the azimuth of the middle of its head.
    """

    id: str
    name: str = ""
    codec: Codec = "h264"
    ptz: bool = False
    ptz_kind: KindName = "generic"
    ptz_north_deg: float = 0.0
    lon: float | None = None
    lat: float | None = None
    elevation_m: float = 0.0
    username: str = "admin"
    password: str = field(default="gridlink-sim", repr=False)
    auth: Literal["both", "wsse", "http_digest"] = "both"
    fault: str | None = None
    scene: Literal["live", "clip"] = "live"
    background: Literal["street", "car_park"] | None = None
    timezone: str | None = None
    has_sub: bool = True
    has_events: bool = True
    recorder: Literal["none", "onvif", "range"] = "none"
    record_hours: float = 2.0
    record_gap: tuple[float, float] = (1200.0, 90.0)
    join: Literal["key", "at_once"] = "key"
    main_size: tuple[int, int] = (1280, 720)
    main_fps: float = 12.5
    sub_size: tuple[int, int] = (640, 360)
    sub_fps: float = 12.5
    gop_s: float = 1.0
    main_clip: str | None = None
    sub_clip: str | None = None
    clip_folder: str = "var/clips"
    odd: tuple[str, ...] = ()
    sound: Literal["aac", "pcma", "pcmu", "g726"] | None = None

    def __post_init__(self) -> None:
        if not self.id or not all(c.isascii() and (c.isalnum() or c in "-_.") for c in self.id):
            raise ValueError(f"id={self.id!r} must be made of ASCII letters, digits and -_.")
        if self.fault is not None:
            Fault(self.fault)
        if self.ptz_kind not in KINDS:
            raise ValueError(f"ptz_kind={self.ptz_kind!r} must be one of {list(KINDS)}")
        _ = self.odds

    @property
    def odds(self) -> frozenset[Odd]:
        """What is odd about its streams."""
        return frozenset(Odd(name) for name in self.odd)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "DeviceSpec":
        """The spec of one JSON object.

        Raises
        ------
        ValueError
            An unknown key, or a value that is not allowed.

        """
        known = {item.name for item in fields(cls)}
        unknown = sorted(set(record) - known)
        if unknown:
            raise ValueError(f"unknown keys {unknown} in device {record.get('id')!r}")
        values = dict(record)
        for name in ("main_size", "sub_size", "record_gap", "odd"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)

    def format_of(self, stream: StreamName) -> VideoFormat:
        """Size, rate and group length of one of the two streams."""
        size, fps = (
            (self.main_size, self.main_fps) if stream == "main" else (self.sub_size, self.sub_fps)
        )
        return VideoFormat(
            *size, Fraction(fps).limit_denominator(1001), max(1, math.ceil(self.gop_s * fps))
        )


@dataclass(slots=True)
class DeviceClock:
    """The clock of one device; *offset_s* is how far it runs ahead of the true time."""

    offset_s: float = 0.0

    def now_s(self) -> float:
        """Epoch seconds as the device believes."""
        return time.time() + self.offset_s


class SimulatedDevice:
    """A device at run time: streams, clock, PTZ head, account, fault switches.

    The switches may be thrown from any thread; `on_cut` is called by `die` and closes the
    device's connections.
    """

    def __init__(self, spec: DeviceSpec, pool: ThreadPoolExecutor) -> None:
        self.spec = spec
        self.clock = DeviceClock()
        self.head = PtzHead() if spec.ptz else None
        self.events = DeviceEvents(self.clock.now_s)
        self.fault = Fault(spec.fault) if spec.fault else None
        self.on_cut: Callable[[str], None] = lambda _device_id: None
        is_rejecting = self.fault is Fault.WRONG_PASSWORD
        self.account = Account(spec.username, spec.password + "-changed" * is_rejecting)
        self.http_gate = DigestGate(self.account, realm=f"ONVIF {spec.id}")
        self.rtsp_gate = DigestGate(
            self.account, realm=f"RTSP {spec.id}", has_qop=False, takes_basic=True
        )
        self._scenes: dict[VideoFormat, Scene] = {}
        #: What stands between the scene and the lens: turned, covered, stuck; None, nothing does.
        self.before_lens: Callable[[av.VideoFrame], av.VideoFrame] | None = None
        self.streams = self._open_streams(pool)
        self.recorder = self._open_recorder()
        self.searches: dict[str, list[float]] = {}
        self._show_fault()

    @property
    def clock_offset_s(self) -> float:
        """How far the device's clock runs ahead of the true time."""
        return self.clock.offset_s

    @clock_offset_s.setter
    def clock_offset_s(self, offset_s: float) -> None:
        self.clock.offset_s = offset_s

    @property
    def head_kind(self) -> HeadKind:
        """What the PTZ head says of itself and where it really looks."""
        return KINDS[self.spec.ptz_kind]

    def true_view(self) -> View | None:
        """Where the head really looks now, for tests to judge by; None without a head."""
        if self.head is None:
            return None
        state = self.head.position(time.monotonic())
        return self.head_kind.view(state, self.spec.ptz_north_deg)

    @property
    def is_silent(self) -> bool:
        """True while no pictures may leave."""
        return self.fault not in (None, Fault.WRONG_PASSWORD)

    def freeze(self) -> None:
        """Stop the pictures; everything else goes on."""
        self._set_fault(Fault.FREEZE)

    def hang(self) -> None:
        """Read requests and never answer."""
        self._set_fault(Fault.HANG)

    def drip(self) -> None:
        """Answer at 50 bytes a second."""
        self._set_fault(Fault.DRIP)

    def die(self) -> None:
        """Cut all connections and close every new one without an answer."""
        self._set_fault(Fault.DEAD)
        self.on_cut(self.spec.id)

    def revive(self) -> None:
        """End the present fault; a password that was changed from the start stays changed."""
        self._set_fault(None)

    def picture(self, video: VideoFormat) -> av.VideoFrame:
        """What the device sees at this instant, with its clock burnt in; from any thread."""
        if video not in self._scenes:
            self._scenes[video] = self._scene(video)
        now_s = time.time()
        picture = self._scenes[video].render(
            loop_s=now_s,
            code=int(now_s * 1000),
            clock_s=now_s + self.clock.offset_s,
            pose=self.head.position(time.monotonic()) if self.head else None,
        )
        return picture if self.before_lens is None else self.before_lens(picture)

    def _set_fault(self, fault: Fault | None) -> None:
        self.fault = fault
        self._show_fault()

    def _show_fault(self) -> None:
        for stream in self.streams.values():
            stream.is_frozen = self.is_silent

    def _open_streams(self, pool: ThreadPoolExecutor) -> dict[StreamName, Stream]:
        names: tuple[StreamName, ...] = ("main", "sub") if self.spec.has_sub else ("main",)
        return {name: self._open_stream(name, pool) for name in names}

    def _open_stream(self, name: StreamName, pool: ThreadPoolExecutor) -> Stream:
        spec, video = self.spec, self.spec.format_of(name)
        path = spec.main_clip if name == "main" else spec.sub_clip
        codec: Codec = spec.codec if name == "main" else "h264"
        if path is None and spec.scene == "live" and codec == "h264":
            # Spread over the frame time, or all devices of a fleet would encode at one instant.
            phase_s = crc32(f"{spec.id}/{name}".encode()) % 1000 / 1000 / float(video.fps)
            return LiveStream(self.picture, video, phase_s=phase_s, pool=pool)
        if path is None:
            return self._open_clip(codec, video)
        return ClipStream(load_clip(Path(path)))

    def _open_clip(self, codec: Codec, video: VideoFormat) -> Stream:
        odds, folder = self.spec.odds, Path(self.spec.clip_folder)
        styles = [STYLES[odd] for odd in odds if odd in STYLES]
        style: Style = styles[0] if styles else "plain"
        # A loop begins with a key picture: one that has none otherwise must be long.
        seconds = 20 if Odd.NO_KEYS in odds else 4
        size = video.width_px, video.height_px
        recipe = ClipRecipe(codec, *size, video.fps, video.gop, seconds, style=style)
        clip = load_clip(cached_clip(folder, recipe))
        if Odd.SETS_CHANGE not in odds:
            return ClipStream(clip)
        other = replace(recipe, width_px=size[0] // 2, height_px=size[1] // 2)
        return ChangingStream(clip, load_clip(cached_clip(folder, other)))

    def _open_recorder(self) -> Recorder | None:
        spec, main = self.spec, self.streams["main"]
        if spec.recorder == "none":
            return None
        if isinstance(main, ClipStream):
            return Recorder(main.clip, spec.record_hours, *spec.record_gap)
        # What is encoded while watched leaves nothing to record: a loop of the same size serves.
        video = spec.format_of("sub")
        recipe = ClipRecipe("h264", video.width_px, video.height_px, video.fps, video.gop, 20)
        clip = load_clip(cached_clip(Path(spec.clip_folder), recipe))
        return Recorder(clip, spec.record_hours, *spec.record_gap)

    def _scene(self, video: VideoFormat) -> Scene:
        spec = self.spec
        return Scene(
            spec.name or spec.id,
            look_of(spec.id, spec.background),
            width_px=video.width_px,
            height_px=video.height_px,
            zone=ZoneInfo(spec.timezone) if spec.timezone else None,
        )
