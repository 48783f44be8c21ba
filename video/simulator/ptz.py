"""Where a simulated pan-tilt-zoom head points: generic ONVIF units, time given by the caller.

Pan and tilt run from -1 to 1, zoom from 0 to 1, as in the generic position spaces of ONVIF.
A head needs time to move; positions are computed from the last command, nothing ticks.
"""

from dataclasses import dataclass, field, replace

#: Travel per second at speed 1, in generic units: from one end to the other in two seconds.
TRAVEL_PER_S = 1.0


@dataclass(frozen=True, slots=True)
class Position:
    """Pan and tilt in -1..1, zoom in 0..1; also used for velocities in -1..1."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0

    def clamped(self) -> "Position":
        """The nearest position the head can reach."""
        return Position(_clamp(self.pan, -1.0), _clamp(self.tilt, -1.0), _clamp(self.zoom, 0.0))


def _clamp(value: float, low: float) -> float:
    return min(1.0, max(low, value))


def _toward(start: float, target: float, travel: float) -> float:
    if abs(target - start) <= travel:
        return target
    return start + travel if target > start else start - travel


@dataclass(slots=True)
class Tour:
    """A tour of presets: tokens and the seconds at each."""

    name: str = ""
    stops: list[tuple[str, float]] = field(default_factory=list)


@dataclass(slots=True)
class PtzHead:
    """State of one head; every method takes `now_s`, seconds on any steady scale.

    Notes
    -----
    A target move goes straight along each axis at `TRAVEL_PER_S`; a continuous move holds its
    velocity until `stop` or its time-out, and ends at the mechanical limits.

    """

    _start: Position = field(default_factory=Position)
    _started_s: float = 0.0
    _target: Position | None = None
    _velocity: Position = field(default_factory=Position)
    _ends_s: float | None = None
    presets: dict[str, tuple[str, Position]] = field(default_factory=dict)
    tours: dict[str, Tour] = field(default_factory=dict)
    _touring: str | None = None
    _stop: int = 0
    home: Position = field(default_factory=Position)

    def position(self, now_s: float) -> Position:
        """Where the head points at *now_s*."""
        self._tour_on(now_s)
        return self._position(now_s)

    def _position(self, now_s: float) -> Position:
        end_s = now_s if self._ends_s is None else min(now_s, self._ends_s)
        elapsed_s = max(0.0, end_s - self._started_s)
        travel = elapsed_s * TRAVEL_PER_S
        begin = self._start
        if self._target is not None:
            return Position(
                _toward(begin.pan, self._target.pan, travel),
                _toward(begin.tilt, self._target.tilt, travel),
                _toward(begin.zoom, self._target.zoom, travel),
            )
        speed = self._velocity
        return Position(
            begin.pan + speed.pan * travel,
            begin.tilt + speed.tilt * travel,
            begin.zoom + speed.zoom * travel,
        ).clamped()

    def is_moving(self, now_s: float) -> bool:
        """True while the position still changes."""
        return self.position(now_s) != self.position(now_s + 0.05)

    def move_to(self, target: Position, now_s: float) -> None:
        """Travel to *target*, clamped to the limits (AbsoluteMove, GotoPreset)."""
        self._begin(now_s)
        self._target = target.clamped()

    def move_by(self, step: Position, now_s: float) -> None:
        """Travel by *step* from where the head is now (RelativeMove)."""
        here = self.position(now_s)
        there = Position(here.pan + step.pan, here.tilt + step.tilt, here.zoom + step.zoom)
        self.move_to(there, now_s)

    def move_on(self, velocity: Position, now_s: float, *, timeout_s: float | None = None) -> None:
        """Keep moving at *velocity* until stopped (ContinuousMove)."""
        self._begin(now_s)
        self._velocity = velocity
        self._ends_s = None if timeout_s is None else now_s + timeout_s

    def stop(self, now_s: float) -> None:
        """Halt where the head is."""
        self._begin(now_s)

    def start_tour(self, token: str, now_s: float) -> None:
        """Go from preset to preset until another command comes (OperatePresetTour)."""
        self._begin(now_s)
        self._touring, self._stop = token, 0
        self._go_to_stop(now_s)

    @property
    def touring(self) -> str | None:
        """Token of the tour that runs."""
        return self._touring

    def _go_to_stop(self, now_s: float) -> None:
        token, _ = self.tours[self._touring or ""].stops[self._stop]
        self._start, self._started_s = self._position(now_s), now_s
        self._target, self._ends_s = self.presets[token][1], None

    def _tour_on(self, now_s: float) -> None:
        """Begin each leg of a tour whose time has come, at the instant it began."""
        while self._touring is not None and self._target is not None:
            stops = self.tours[self._touring].stops
            here, there = self._start, self._target
            way = max(abs(there.pan - here.pan), abs(there.tilt - here.tilt))
            way = max(way, abs(there.zoom - here.zoom))
            leaves_s = self._started_s + way / TRAVEL_PER_S + max(stops[self._stop][1], 0.1)
            if leaves_s > now_s:
                return
            self._stop = (self._stop + 1) % len(stops)
            self._go_to_stop(leaves_s)

    def remember(self, name: str, now_s: float, *, token: str = "") -> str:
        """Store the present position as a preset and return its token (SetPreset)."""
        token = token or f"preset-{len(self.presets) + 1}"
        self.presets[token] = (name, replace(self.position(now_s)))
        return token

    def _begin(self, now_s: float) -> None:
        self._start = self.position(now_s)
        self._touring = None
        self._started_s = now_s
        self._target = None
        self._velocity = Position()
        self._ends_s = None
