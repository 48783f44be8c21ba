"""Saved scenarios beside today and beside each other."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from gis.coverage import Figures

from ...access import Principal
from ...cameras.models import Camera
from ...errors import Conflict
from ..bands import densities_of
from ..models import Scenario
from ..schemas import Band, Reading, Scale
from . import saved, whatif
from .objections import objections
from .schemas import (
    Change,
    ComparedGrid,
    ComparedScenario,
    Comparison,
    Warned,
    WhatIfAnswer,
)
from .whatif import AREA, Outcome

Asked = tuple[Reading, Scale]
_Subject = tuple[str, int]


class NothingToCompare(Conflict):
    code = "scenarios.already_real"
    zh = "方案“{name}”已经实施，今天的覆盖就是它的结果，无需再推演。"
    en = "Scenario {name} is real already: today's coverage is what it made."


@dataclass(frozen=True, slots=True)
class _Amounts:
    """Ground of one subject, m2, and what is seen of it, float64 (bands, parts)."""

    total: float
    seen: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Tried:
    """A scenario with what it would make, and what changed since it was saved."""

    scenario: Scenario
    changes: list[Change]
    outcome: Outcome
    outdated: list[Warned]


def figures(session: Session, by: Principal, scenario: Scenario, asked: Asked) -> WhatIfAnswer:
    """Return what a scenario would make of the ground it touches.

    Raises
    ------
    NothingToCompare
        If it has been applied.

    """
    started = time.perf_counter()
    tried = _tried(session, by, scenario, asked)
    told = whatif.dressed(session, by, tried.outcome, scale=asked[1], started=started)
    return told.model_copy(update={"warnings": [*tried.outdated, *told.warnings]})


def compare(
    session: Session, by: Principal, chosen: Sequence[Scenario], asked: Asked
) -> Comparison:
    """Return scenarios beside today, over all that any of them touches.

    Raises
    ------
    NothingToCompare
        If one of them has been applied.

    """
    tried = [_tried(session, by, scenario, asked) for scenario in chosen]
    px_per_m = densities_of(asked[1])
    today: dict[_Subject, _Amounts] = {}
    for each in tried:
        today |= _amounts(each.outcome, each.outcome.before)
    after = [today | _amounts(each.outcome, each.outcome.after) for each in tried]
    named = {key: name for each in tried for key, name in _names(each.outcome).items()}

    def bands(amounts: _Amounts) -> list[Band]:
        return whatif.bands_from(px_per_m, amounts.total, amounts.seen, asked[1])

    return Comparison(
        today=bands(_sum(today.values(), len(px_per_m))),
        scenarios=[
            _compared(session, by, each, bands(_sum(made.values(), len(px_per_m))))
            for each, made in zip(tried, after, strict=True)
        ],
        grids=[
            ComparedGrid(
                subject_kind="grid" if key[0] == "grid" else "division",
                grid_id=key[1] if key[0] == "grid" else None,
                code=named[key][0],
                name=named[key][1],
                today=bands(today[key]),
                after=[bands(made[key]) for made in after],
            )
            for key in sorted(today)
        ],
    )


def _tried(session: Session, by: Principal, scenario: Scenario, asked: Asked) -> _Tried:
    if scenario.state == "applied":
        raise NothingToCompare(name=scenario.name)
    changes = [each.change for each in saved.saved_changes(scenario)]
    differing = saved.outdated(session, scenario)
    known = set(session.scalars(select(Camera.id).where(Camera.id.in_(differing))))
    standing = [c for c in changes if c.camera_id not in differing or c.camera_id in known]
    outdated = [_outdated(c, c.camera_id in known) for c in changes if c.camera_id in differing]
    outcome = whatif.outcome_of(session, by, standing, asked)
    return _Tried(scenario, changes, outcome, outdated)


def _outdated(change: Change, is_known: bool) -> Warned:
    if is_known:
        return Warned(
            key=change.label,
            code="camera_changed",
            zh="该摄像机在方案保存之后已被改动：实施前请查看并重新保存方案。",
            en="This camera was changed after the scenario was saved: look, and save it anew.",
        )
    return Warned(
        key=change.label,
        code="camera_gone",
        zh="该摄像机已被拆除，此项改动不再计入：请从方案中去掉。",
        en="This camera has gone and the change is left out: take it off the scenario.",
    )


def _compared(
    session: Session, by: Principal, tried: _Tried, total: list[Band]
) -> ComparedScenario:
    counts = {op: sum(c.op == op for c in tried.changes) for op in ("add", "move", "remove")}
    against = objections(session, by, whatif.views_of(tried.outcome))
    return ComparedScenario(
        id=tried.scenario.id,
        name=tried.scenario.name,
        state="draft",
        total=total,
        added=counts["add"],
        moved=counts["move"],
        removed=counts["remove"],
        warnings=[*tried.outdated, *against],
    )


def _subjects(outcome: Outcome) -> list[_Subject]:
    land = outcome.today.land
    return [(str(land.kinds[row]), int(land.ids[row])) for row in outcome.rows]


def _names(outcome: Outcome) -> dict[_Subject, tuple[str, str]]:
    land = outcome.today.land
    told = [(land.codes[row] or "", land.names[row]) for row in outcome.rows]
    return dict(zip(_subjects(outcome), told, strict=True))


def _amounts(outcome: Outcome, figures: Figures) -> dict[_Subject, _Amounts]:
    return {
        key: _Amounts(float(figures.totals[AREA, n]), figures.seen[AREA, n])
        for n, key in enumerate(_subjects(outcome))
    }


def _sum(amounts: Iterable[_Amounts], bands: int) -> _Amounts:
    total, seen = 0.0, np.zeros((bands, 4))
    for each in amounts:
        total, seen = total + each.total, seen + each.seen
    return _Amounts(total, seen)
