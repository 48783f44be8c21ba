"""选址: sitings asked for, watched, called off, and made into scenarios.

The work itself is a job (`backend.coverage.sitings.proposing`), which commits with the question.
"""

from collections.abc import Sequence
from typing import Any

import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...divisions.extent import Extent, extent_of
from ...errors import Conflict, InvalidField, NotFound
from ...jobs import defer
from ...spatial import lonlat
from ..models import Scenario
from ..scenarios import saved
from ..scenarios.schemas import MOST_CHANGES, Change, ScenarioNew
from ..undertaking import call_off
from .models import Proposal, Siting
from .schemas import SitingOrder

_LANGUAGE = "language"
"""Key within the stored wish; see `Siting.language`."""


class AreaInvalid(InvalidField):
    code = "sitings.area_invalid"
    zh = "划定的区域无法使用（{reason}）：请重新划定一个不自相交的区域。"
    en = "The drawn area cannot be used ({reason}): draw one whose border does not cross itself."


class SitingNotDone(Conflict):
    code = "sitings.not_done"
    zh = "选址尚未算出结果（{state}），请等待完成后再转为方案。"
    en = "The siting has no answer yet ({state}): wait until it is done."


class NothingProposed(Conflict):
    code = "sitings.nothing_proposed"
    zh = "该选址没有建议点位，无法转为方案：请放宽区域、来源或预算后重新选址。"
    en = "This siting proposes no camera: widen the area, the sources or the budget and ask again."


def order(
    session: Session, wish: SitingOrder, by: Principal | None, *, is_deferred: bool = True
) -> Siting:
    """Ask for a siting; `by` is None at the command line.

    Raises
    ------
    NotFound
        If there is no such division in the caller's jurisdiction.
    AreaInvalid
        If the drawn area is no area.

    """
    extent = extent_of(session, by, wish.division)
    if wish.area is not None:
        area_of(wish)
    kept = wish.model_dump(mode="json", exclude_none=True)
    kept[_LANGUAGE] = by.language if by else "zh"
    siting = Siting(
        name=wish.name,
        division_code=extent.code,
        wish=kept,
        state="waiting",
        progress=0.0,
        created_by=by.id if by else None,
    )
    session.add(siting)
    session.flush()
    session.refresh(siting)
    if is_deferred:
        defer(session, "coverage.propose_sites", siting_id=siting.id)
    _enter(session, siting, "siting.ordered", by)
    return siting


def area_of(wish: SitingOrder) -> shapely.Polygon:
    """Return the drawn area, EPSG:4326."""
    rings = wish.area.coordinates if wish.area else []
    closed = [ring if ring[0] == ring[-1] else [*ring, ring[0]] for ring in rings]
    area = shapely.Polygon(closed[0], closed[1:])
    if not area.is_valid or area.is_empty:
        raise AreaInvalid(field="area", reason=shapely.is_valid_reason(area))
    return area


def wish_of(siting: Siting) -> SitingOrder:
    """Return what was asked."""
    return SitingOrder.model_validate(told_wish(siting))


def told_wish(siting: Siting) -> dict[str, Any]:
    """Return what was asked, as it was sent."""
    return {key: value for key, value in siting.wish.items() if key != _LANGUAGE}


def listed(session: Session, extent: Extent, *, offset: int, limit: int) -> Sequence[Siting]:
    """Return the sitings of a division, newest first."""
    newest = _inside(extent).order_by(Siting.created_at.desc(), Siting.id.desc())
    return session.scalars(newest.offset(offset).limit(limit)).all()


def count(session: Session, extent: Extent) -> int:
    """Return how many sitings a division has."""
    return session.scalar(select(func.count()).select_from(_inside(extent).subquery())) or 0


def get(session: Session, siting_id: int, by: Principal) -> Siting:
    """Return a siting of the jurisdiction; outside it there is none."""
    inside = Siting.division_code.between(by.scope.low, by.scope.high)
    found = session.scalars(select(Siting).where(Siting.id == siting_id, inside)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def proposals(session: Session, siting_id: int) -> Sequence[Proposal]:
    """Return what a siting proposes, the most useful first."""
    ranked = select(Proposal).where(Proposal.siting_id == siting_id).order_by(Proposal.rank)
    return session.scalars(ranked).all()


def cancel(session: Session, siting_id: int, by: Principal) -> Siting:
    """Call a siting off; one that has ended stays as it is."""
    siting = get(session, siting_id, by)
    if call_off(session, siting):
        _enter(session, siting, "siting.cancelled", by)
    return siting


def to_scenario(session: Session, siting_id: int, by: Principal) -> Scenario:
    """Save the proposals as a draft scenario; a scenario holds the first of them at most.

    Raises
    ------
    SitingNotDone, NothingProposed
        If there is nothing to save.

    """
    siting = get(session, siting_id, by)
    if siting.state != "done":
        raise SitingNotDone(state=siting.state)
    found = proposals(session, siting.id)
    if not found:
        raise NothingProposed()
    changes = [_as_change(siting, each) for each in found[:MOST_CHANGES]]
    note = f"#{siting.id} {siting.name}: {len(changes)} / {len(found)}"
    new = ScenarioNew(name=siting.name, note=note, changes=changes)
    return saved.create(session, new, siting.division_code, by)


def _as_change(siting: Siting, proposal: Proposal) -> Change:
    lon, lat = lonlat(proposal.geom)
    return Change(
        op="add",
        key=f"siting-{siting.id}-{proposal.rank}",
        name=f"{siting.name[:180]} {proposal.rank}",
        lon=lon,
        lat=lat,
        height_m=proposal.height_m,
        azimuth_deg=proposal.azimuth_deg,
        fov_deg=proposal.fov_deg,
        range_m=proposal.range_m,
        width_px=proposal.width_px,
    )


def _inside(extent: Extent) -> Any:
    return select(Siting).where(Siting.division_code.between(extent.low, extent.high))


def _enter(session: Session, siting: Siting, act: str, by: Principal | None) -> None:
    detail = {"siting": siting.id, "name": siting.name, "budget": siting.wish["budget"]}
    name = by.username if by else "gridlink"
    code = siting.division_code
    enter(session, Act(act, by.id if by else None, name, division_code=code, detail=detail))
