"""The job of a siting: read, search, store. A fault is kept with the siting.

Progress is written in short transactions of its own, so that consoles see it while the search
runs, and a siting called off stops at the next one.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from gis.candidates import SOURCES
from gis.sight import Verdict, watching
from gis.siteplan import SitePlan, plan_sites
from gis.sitesolver import Step

from ...cameras.models import Camera
from ...db import begin
from ...divisions.codes import span
from ...divisions.extent import Extent
from ...divisions.locating import division_at
from ...errors import InvalidField
from ...spatial import to_db
from ..undertaking import CalledOff, carry_out, held, tell
from .asked import wish_of
from .land import Case, read_case
from .models import Proposal, Siting

_TOLD_EVERY_S = 1.0
#: Progress at which each step begins; the search's own steps share what lies between.
_BEGINS = {
    **{"read": 0.02, "see": 0.1},
    **{"greedy": 0.3, "swap": 0.32, "kick": 0.35, "milp": 0.45, "bound": 0.45},
}
_SEARCHED, _STORING = 0.95, 0.97
_MOST_CELLS_ASKED = 60
_MOST_CAMERAS_TOLD = 3

_CONSENT = text(
    "SELECT name, consent_document FROM gridlink_restricted_at("
    "ST_SetSRID(ST_Point(:lon, :lat), 4326)) WHERE kind = 'consent'"
)


class NoCandidates(InvalidField):
    code = "sitings.no_candidates"
    zh = (
        "区域内没有可用的候选点（共 {spots} 个，依法排除 {spots_unlawful} 个）："
        "请扩大区域或增加候选来源。"
    )
    en = (
        "No candidate is left ({spots} found, {spots_unlawful} struck out by law):"
        " widen the area or add sources."
    )


def propose(siting_id: int) -> None:
    """Work out a siting that waits, or one that a killed worker left."""
    carry_out(Siting, siting_id, _propose)


def _propose(siting_id: int) -> None:
    progress = _Progress(siting_id)
    siting = progress.begin_step("read")
    extent = Extent(siting.division_code, *span(siting.division_code), None)
    # The owner's eyes: existing cameras and restricted areas count across the border.
    with begin() as session:
        case = read_case(session, extent, wish_of(siting))
    progress.begin_step("see")
    plan = plan_sites(case.land, case.spots, case.ground, case.wish, on_step=progress.on_step)
    if not plan.counts["spots_open"]:
        raise NoCandidates(field="sources", **plan.counts)
    progress.begin_step("store")
    with begin() as session:
        _store(session, held(session, Siting, siting_id), (case, plan), extent)


@dataclass
class _Progress:
    """Writes how far a siting is, about once a second."""

    siting_id: int
    told_at: float = 0.0

    def begin_step(self, name: str) -> Siting:
        return self._write(name, _BEGINS.get(name, _STORING), None)

    def on_step(self, step: Step) -> bool:
        """Return whether the search goes on; an ended siting stops it."""
        if time.monotonic() - self.told_at < _TOLD_EVERY_S:
            return True
        try:
            self._write(step.name, _BEGINS[step.name], step)
        except CalledOff:
            return False
        return True

    def _write(self, name: str, progress: float, step: Step | None) -> Siting:
        self.told_at = time.monotonic()
        with begin() as session:
            siting = held(session, Siting, self.siting_id)
            siting.state, siting.step = "running", name
            if step is not None:
                share = step.elapsed_s / float(siting.wish["seconds"])
                progress += min(share, 1.0) * (_SEARCHED - progress)
                siting.value = step.value
                siting.bound = step.bound if np.isfinite(step.bound) else None
            siting.progress = max(progress, siting.progress)
            tell(session, siting)
            return siting


def _store(session: Session, siting: Siting, found: tuple[Case, SitePlan], extent: Extent) -> None:
    case, plan = found
    session.execute(delete(Proposal).where(Proposal.siting_id == siting.id))
    session.add_all(_proposals(session, siting, found, extent))
    answer = plan.siting
    siting.state, siting.progress, siting.step = "done", 1.0, None
    siting.value, siting.bound, siting.gap = answer.value, answer.bound, answer.gap
    siting.finished_at = datetime.now(UTC)
    siting.result = {
        "is_optimal": answer.is_optimal,
        "seconds": round(answer.seconds, 2),
        "by_step": answer.by_step,
        "proposed": len(plan),
        "spent": float(plan.cost.sum()),
        "gain_m2": float(plan.gain_m2.sum()),
        "cell_m": case.cell_m,
        "cells": len(case.ground.x),
        "area_m2": case.area_m2,
        **plan.counts,
    }
    tell(session, siting)


def _proposals(
    session: Session, siting: Siting, found: tuple[Case, SitePlan], extent: Extent
) -> Iterable[Proposal]:
    case, plan = found
    spots, options = plan.spots, plan.options
    lon, lat = case.frame.to_lonlat(spots.x[options.spot], spots.y[options.spot])
    true_deg = (options.azimuth_deg + case.frame.convergence_deg(lon, lat)) % 360.0
    views = case.frame.geometry_to_lonlat(plan.views)
    for k in range(len(plan)):
        at = {"lon": float(lon[k]), "lat": float(lat[k])}
        spot, lens = int(options.spot[k]), int(options.lens[k])
        yield Proposal(
            siting_id=siting.id,
            rank=k + 1,
            division_code=division_at(session, **at) or siting.division_code,
            geom=to_db(shapely.Point(at["lon"], at["lat"])),
            source=SOURCES[int(spots.source[spot])],
            height_m=plan.lenses.height_m,
            azimuth_deg=round(float(true_deg[k]), 2) % 360.0,
            fov_deg=float(plan.lenses.fov_deg[lens]),
            range_m=round(float(plan.lenses.range_m[lens]), 1),
            width_px=int(case.wish.width_px),
            gain=float(plan.gain[k]),
            gain_m2=float(plan.gain_m2[k]),
            overlap_share=float(plan.overlap_share[k]),
            cost=float(plan.cost[k]),
            reasons=_reasons(case, plan, k)
            | _law(session, at)
            | _overlap(session, case, plan, (k, extent)),
            view=_view(views[k]),
        )


def _reasons(case: Case, plan: SitePlan, k: int) -> dict[str, Any]:
    """What a proposal adds to those before it: key places, incidents, road, households."""
    worth, cells = case.worth, plan.added[k]
    pairs = np.isin(worth.place_piece, cells)
    places = sorted({case.place_names[place] for place in worth.place[pairs].tolist()})
    metres = worth.road_m[cells].sum(axis=0)
    return {
        "key_places": places,
        "incidents": int(worth.incidents[cells].sum()),
        "road_m": {
            name: round(float(length), 1)
            for name, length in zip(worth.road_classes, metres, strict=True)
            if length >= 1.0
        },
        "population": round(float(worth.population[cells].sum()), 1),
    }


def _law(session: Session, at: dict[str, float]) -> dict[str, Any]:
    """The consents on file that allow the spot (Order 799 Art. 10)."""
    rows = session.execute(_CONSENT, at).all()
    documents = [{"name": row.name, "document": row.consent_document} for row in rows]
    return {"consents": documents} if documents else {}


def _overlap(
    session: Session, case: Case, plan: SitePlan, asked: tuple[int, Extent]
) -> dict[str, Any]:
    """Existing cameras of the division that see the same ground, most first (Order 799 Art. 6)."""
    k, extent = asked
    poses = case.land.poses
    if plan.overlap_share[k] == 0.0 or poses is None:
        return {}
    cells = plan.seen[k]
    step = -(-len(cells) // _MOST_CELLS_ASKED)
    rows: list[int] = []
    for cell in cells[::step].tolist():
        x, y = float(case.ground.x[cell]), float(case.ground.y[cell])
        seen = watching(poses, case.land.obstacles, case.land.terrain, x, y)
        rows += seen.pose[seen.verdict == Verdict.CERTAIN].tolist()
    ids, times = np.unique(case.camera_id[rows], return_counts=True)
    ranked = ids[np.argsort(-times, kind="stable")].tolist()
    inside = Camera.division_code.between(extent.low, extent.high)
    query = select(Camera.id, Camera.name).where(Camera.id.in_(ranked), inside)
    names = {row.id: row.name for row in session.execute(query)}
    told = [{"id": i, "name": names[i]} for i in ranked if i in names]
    return {"overlaps": told[:_MOST_CAMERAS_TOLD]}


def _view(ground: Any) -> Any:
    parts = [part for part in shapely.get_parts(ground) if part.geom_type == "Polygon"]
    whole = shapely.multipolygons(parts)
    return to_db(whole) if parts and whole.is_valid else None
