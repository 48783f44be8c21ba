"""就近: which unit gets there first, fit for it and free; and why others are not proposed.

Ranked by travel time plus a set time for each open task. A unit off duty is named, never placed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from ...access import Principal
from ...errors import Language
from ...settings import Dispatch, load
from ..questions import question
from ..travel import Journey, Origin, travel_times

_REACH_M = 30_000.0
"""Further away, straight, nobody is near: the box that the spatial index is asked for."""
_EARTH_M = 6_371_000.0
_LOOKED_AT = 120
_TRAVELLED = 40
_NAMED_OUT = 30

Exclusion = Literal["silent", "off_duty", "lacks_skill", "never_heard"]

_WHY: dict[str, tuple[str, str]] = {
    "roads": ("沿道路约 {minutes} 分钟（{km} 公里）", "about {minutes} min by road ({km} km)"),
    "straight": (
        "直线约 {minutes} 分钟（{km} 公里，非道路）",
        "about {minutes} min in a straight line ({km} km, not by road)",
    ),
    "free": ("手上无任务", "no open task"),
    "busy": (
        "手上 {load} 个任务，折算加 {penalty} 分钟",
        "{load} open tasks, counted as {penalty} min",
    ),
    "skilled": ("具备 {skills}", "has {skills}"),
    "age": ("位置 {age} 秒前", "heard {age} s ago"),
    "silent": ("{minutes} 分钟没有位置", "silent for {minutes} min"),
    "off_duty": ("不在班", "off duty"),
    "lacks_skill": ("缺少 {skills}", "lacks {skills}"),
    "never_heard": ("在班但没有位置", "on duty, never heard of"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """Who can get to a place, with which skills, of which kind."""

    lonlat: tuple[float, float]
    skills: tuple[str, ...] = ()
    kind: str | None = None
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that can go; `cost_s` is what it is ranked by."""

    unit: RowMapping
    journey: Journey
    cost_s: float
    why: str


@dataclass(frozen=True, slots=True)
class Excluded:
    """A unit that is not proposed, and the reason."""

    unit: RowMapping
    reason: Exclusion
    why: str


def rank(
    session: Session, asked: Question, *, by: Principal, now: datetime
) -> tuple[list[Candidate], list[Excluded]]:
    """Return the fitting units in order, and those near that do not fit."""
    rules = load().dispatch
    values = _values(asked, by, now, rules)
    near = session.execute(question("nearest"), values).mappings().all()
    fit = [row for row in near if not row["is_silent"] and not row["lacking"]][:_TRAVELLED]
    origins = [Origin(row["lon"], row["lat"], row["vehicle"]) for row in fit]
    journeys = travel_times(session, origins, asked.lonlat)
    found = [
        _candidate(row, journey, asked, language=by.language, now=now, rules=rules)
        for row, journey in zip(fit, journeys, strict=True)
    ]
    found.sort(key=lambda each: (each.cost_s, each.unit["code"]))
    absent = session.execute(question("absent"), values).mappings().all()
    return found[: asked.limit], _excluded(near, absent, by.language, now)


def _values(asked: Question, by: Principal, now: datetime, rules: Dispatch) -> dict[str, Any]:
    lon, lat = asked.lonlat
    high = math.degrees(_REACH_M / _EARTH_M)
    wide = high / max(math.cos(math.radians(lat)), 0.01)
    return {
        "lon": lon,
        "lat": lat,
        "west": lon - wide,
        "east": lon + wide,
        "south": lat - high,
        "north": lat + high,
        "low": by.scope.low,
        "high": by.scope.high,
        "kind": asked.kind,
        "skills": list(asked.skills),
        "now": now,
        "fresh": now - timedelta(seconds=rules.position_fresh_s),
        "most": _LOOKED_AT,
    }


def _candidate(
    row: RowMapping,
    journey: Journey,
    asked: Question,
    *,
    language: Language,
    now: datetime,
    rules: Dispatch,
) -> Candidate:
    load_s = rules.load_penalty_s * row["load"]
    parts = [
        _say(
            journey.how,
            language,
            minutes=max(1, round(journey.travel_s / 60)),
            km=f"{journey.travel_m / 1000:.1f}",
        ),
        _say("busy", language, load=row["load"], penalty=round(load_s / 60))
        if row["load"]
        else _say("free", language),
    ]
    if asked.skills:
        parts.append(_say("skilled", language, skills=_listed(asked.skills, language)))
    parts.append(_say("age", language, age=round((now - row["at"]).total_seconds())))
    return Candidate(row, journey, journey.travel_s + load_s, _joined(parts, language))


def _excluded(
    near: Sequence[RowMapping], absent: Sequence[RowMapping], language: Language, now: datetime
) -> list[Excluded]:
    found: list[Excluded] = []
    for row in near:
        if row["is_silent"]:
            minutes = int((now - row["at"]).total_seconds() // 60)
            found.append(Excluded(row, "silent", _say("silent", language, minutes=minutes)))
        elif row["lacking"]:
            skills = _listed(row["lacking"], language)
            found.append(Excluded(row, "lacks_skill", _say("lacks_skill", language, skills=skills)))
    for row in absent:
        reason: Exclusion = "never_heard" if row["on_duty"] else "off_duty"
        found.append(Excluded(row, reason, _say(reason, language)))
    return found[:_NAMED_OUT]


def _say(word: str, language: Language, **figures: Any) -> str:
    return _WHY[word][0 if language == "zh" else 1].format(**figures)


def _listed(words: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(words)


def _joined(parts: Sequence[str], language: Language) -> str:
    return ("，" if language == "zh" else "; ").join(parts)
