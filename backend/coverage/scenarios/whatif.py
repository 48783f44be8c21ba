"""推演: what would be seen if cameras stood otherwise. Reads, computes, answers; writes nothing."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gis.coverage import Figures
from gis.exactcover import changed_figures
from gis.seenground import SeenGrounds

from ...access import Principal
from ...cameras.viewsheds import seen_from
from ...divisions.codes import text_of
from ...errors import Refused
from .. import today
from ..bands import Amounts, bands_of, densities_of
from ..schemas import Band, Reading, Scale
from ..today import Today
from .objections import Viewed, objections
from .planned import Plan, plan
from .schemas import (
    BeforeAfter,
    Change,
    ChangedGrid,
    ChangedView,
    Warned,
    WhatIfAnswer,
    WhatIfOrder,
)

AREA = 0
"""Row of `gis.coverage.MEASURES`: what-if speaks of ground alone."""

MOST_SUBJECTS = 600
"""Grids one question may touch; a city's 400 take some ten seconds the first time."""
MOST_RANGE_M2 = 2e8
"""Sum of the squared ranges of a question: 200 cameras that see a kilometre each."""

Rows = NDArray[np.intp]


class TooWide(Refused):
    code = "coverage.too_wide"
    zh = "推演涉及的范围过大：请缩短作用距离，或分成几个方案分别推演。"
    en = "These cameras would look over too much land at once: shorten ranges, or ask in parts."


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures of the subjects that a plan touches, as they are and as they would be."""

    today: Today
    plan: Plan
    rows: Rows
    before: Figures
    after: Figures
    #: The cameras near, with the plan carried out; `fresh` are those of the plan alone.
    seen: SeenGrounds
    fresh: SeenGrounds


def answer(session: Session, by: Principal, order: WhatIfOrder) -> WhatIfAnswer:
    """Return what the changes would make of the ground they touch, and what stands against them.

    Raises
    ------
    CameraUnknown, SensorUnknown, TooWide
        As `outcome_of`.

    """
    started = time.perf_counter()
    outcome = outcome_of(session, by, order.changes, (order.reading, order.scale))
    return dressed(session, by, outcome, scale=order.scale, started=started)


def outcome_of(
    session: Session, by: Principal, changes: Sequence[Change], asked: tuple[Reading, Scale]
) -> Outcome:
    """Return the figures before and after; `asked` is the reading and the scale of bands.

    Raises
    ------
    CameraUnknown, SensorUnknown, TooWide
        If a change speaks of what the caller's jurisdiction does not have, or of too much land.

    """
    reading, scale = asked
    held = today.current(session, densities_of(scale))
    planned = plan(session, held.cameras.lookout.frame, changes)
    if float(np.square(planned.poses.range_m).sum()) > MOST_RANGE_M2:
        raise TooWide()
    fresh = held.cameras.would_see(planned.poses)
    standing = held.cameras.seen(planned.touched)
    views = np.concatenate([g[:, 0] for s in (fresh, standing) for g in (s.certain, s.possible)])
    rows = held.touching(views[~shapely.is_empty(views)], by.scope)
    if len(rows) > MOST_SUBJECTS:
        raise TooWide()
    near = np.union1d(held.near(rows), standing.camera_index)
    out = today.out_of_order(near, reading)
    before = held.cameras.seen(near).without(out)
    after = before.without(planned.touched).with_cameras(fresh.without(out))
    figures = held.figures_of(rows, before, out)
    changed = changed_figures(before, after, held.plots_of(rows), figures, planned.touched)
    return Outcome(held, planned, rows, figures, changed, after, fresh)


def dressed(
    session: Session, by: Principal, outcome: Outcome, *, scale: Scale, started: float
) -> WhatIfAnswer:
    """Return the outcome as the API tells it."""
    viewed = views_of(outcome)
    land, rows = outcome.today.land, outcome.rows
    grids = [
        ChangedGrid(
            subject_kind="grid" if land.kinds[row] == "grid" else "division",
            grid_id=int(land.ids[row]) if land.kinds[row] == "grid" else None,
            code=land.codes[row] or "",
            name=land.names[row],
            division_code=text_of(int(land.division_code[row])),
            before=bands_at(outcome.before, n, scale),
            after=bands_at(outcome.after, n, scale),
        )
        for n, row in enumerate(rows)
    ]
    warnings: list[Warned] = objections(session, by, viewed)
    return WhatIfAnswer(
        views=[_view(outcome, each) for each in viewed],
        grids=grids,
        total=BeforeAfter(before=summed(outcome.before, scale), after=summed(outcome.after, scale)),
        warnings=warnings,
        computed_ms=round((time.perf_counter() - started) * 1000, 1),
    )


def views_of(outcome: Outcome) -> list[Viewed]:
    """Return what each change would let its camera see, by itself and beside the others."""
    held, planned = outcome.today, outcome.plan
    sheds = seen_from(held.cameras.scene, planned.poses, np.arange(len(planned.poses)))
    found = []
    for n, change in enumerate(planned.changes):
        own = np.flatnonzero(planned.poses.camera_index == planned.camera_index[n])
        found.append(
            Viewed(
                change=change,
                lon=float(planned.lon[n]),
                lat=float(planned.lat[n]),
                frame=held.cameras.lookout.frame,
                sheds=tuple(sheds[i] for i in own),
                overlap_share=_overlap_share(outcome, int(planned.camera_index[n])),
            )
        )
    return found


def _overlap_share(outcome: Outcome, camera: int) -> float | None:
    """Return how much of what a camera sees for sure others see for sure too, None for nothing."""
    place = np.flatnonzero(outcome.fresh.camera_index == camera)
    ground = outcome.fresh.certain[place[0], 0] if len(place) else None
    if ground is None or ground.area <= 0.0:
        return None
    others = outcome.seen.near(ground.bounds)
    others = others[outcome.seen.camera_index[others] != camera]
    shared = shapely.intersection(outcome.seen.certain[others, 0], ground)
    return float(min(shapely.union_all(shared).area / ground.area, 1.0))


def _view(outcome: Outcome, viewed: Viewed) -> ChangedView:
    return ChangedView(
        key=viewed.change.label,
        camera_id=viewed.change.camera_id,
        certain=_geojson(outcome, [shed.certain for shed in viewed.sheds]),
        possible=_geojson(outcome, [shed.possible for shed in viewed.sheds]),
        overlap_share=viewed.overlap_share,
    )


def _geojson(outcome: Outcome, grounds: list[Any]) -> dict[str, Any] | None:
    ground = grounds[0] if len(grounds) == 1 else shapely.union_all(grounds)
    if ground.is_empty:
        return None
    shapes = np.empty(1, dtype=object)
    shapes[0] = ground
    lonlat = outcome.today.cameras.lookout.frame.geometry_to_lonlat(shapes)
    # A millimetre is 1e-8 degrees; seven digits are what the stored viewsheds are told in.
    told: dict[str, Any] = json.loads(
        shapely.to_geojson(shapely.transform(lonlat, lambda points: np.round(points, 7))[0])
    )
    return told


def bands_at(figures: Figures, subject: int, scale: Scale) -> list[Band]:
    """Return the bands of one subject."""
    total, seen = figures.totals[AREA, subject], figures.seen[AREA, subject]
    return bands_from(figures.px_per_m, float(total), seen, scale)


def summed(figures: Figures, scale: Scale) -> list[Band]:
    """Return the bands of all subjects together."""
    total, seen = figures.totals[AREA].sum(), figures.seen[AREA].sum(axis=0)
    return bands_from(figures.px_per_m, float(total), seen, scale)


def bands_from(
    px_per_m: tuple[float, ...], total: float, seen: NDArray[np.float64], scale: Scale
) -> list[Band]:
    """Return the bands of m2 seen, float64 (bands, parts), of so many m2 in all."""
    parts = {px: [float(part) for part in seen[band]] for band, px in enumerate(px_per_m)}
    return bands_of({px: Amounts(total, *each) for px, each in parts.items()}, scale)
