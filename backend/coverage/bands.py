"""Density bands by name, and amounts of one band as the API shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Literal

from .schemas import Band, Scale

BandCode = Literal[
    "overview", "outline", "discern", "perceive", "detect", "observe", "recognise", "identify"
]

#: (code, scale, least density); IEC 62676-4:2025 and IEC 62676-4:2015 (DORI).
BANDS: tuple[tuple[BandCode, Scale, float], ...] = (
    ("overview", "iec", 20.0),
    ("outline", "iec", 40.0),
    ("discern", "iec", 80.0),
    ("perceive", "iec", 125.0),
    ("detect", "dori", 25.0),
    ("observe", "dori", 62.5),
    ("recognise", "dori", 125.0),
    ("identify", "dori", 250.0),
)
PX_PER_M: dict[str, float] = {code: px for code, _, px in BANDS}
MAP_PX_PER_M = tuple(sorted(set(PX_PER_M.values())))
"""Densities that have grounds, gaps and losses: those of both scales."""


def densities_of(scale: Scale) -> tuple[float, ...]:
    """Return the densities of a scale, ascending."""
    return tuple(px for _, each, px in BANDS if each == scale)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What there is of a subject and how much of it is seen, in m2 or m; certain = one + more."""

    total: float
    certain: float
    possible: float
    one: float
    more: float

    @classmethod
    def none(cls) -> "Amounts":
        """Return the amounts of no ground."""
        return cls(0.0, 0.0, 0.0, 0.0, 0.0)

    def times(self, share: float) -> "Amounts":
        """Return the amounts of a share of the ground, as if all of it were alike."""
        return Amounts(*(share * part for part in astuple(self)))

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def band(code: BandCode, scale: Scale, px_per_m: float, amounts: Amounts) -> Band:
    """Return one band; shares are null where there is nothing to see."""
    # Sums of polygons may pass the whole by a rounding error.
    none = max(amounts.total - amounts.certain - amounts.possible, 0.0)

    def share(part: float) -> float | None:
        return min(part / amounts.total, 1.0) if amounts.total > 0 else None

    return Band(
        code=code,
        px_per_m=px_per_m,
        scale=scale,
        total=amounts.total,
        certain=amounts.certain,
        possible=amounts.possible,
        one=amounts.one,
        more=amounts.more,
        none=none,
        certain_share=share(amounts.certain),
        possible_share=share(amounts.possible),
        one_share=share(amounts.one),
        more_share=share(amounts.more),
        none_share=share(none),
    )


def bands_of(
    by_px: dict[float, Amounts] | Iterable[tuple[float, Amounts]], scale: Scale | None = None
) -> list[Band]:
    """Return the bands of a scale, or of both, in order; densities without amounts are left out."""
    amounts = dict(by_px)
    chosen: Sequence[tuple[BandCode, Scale, float]] = [
        row for row in BANDS if scale is None or row[1] == scale
    ]
    return [band(*row, amounts[row[2]]) for row in chosen if row[2] in amounts]
