"""Which reading of a file is true: each suspect against what is known, ranked, with a confidence.

Three kinds of evidence: the file's lines and points lie on known ones; its rows lie in the division
their codes name; its rows lie where a known thing of the same code or name lies. Below `SURE`
nothing is chosen: whoever asked is asked back.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.frame import LocalFrame, frame_for
from gis.likeness import (
    ROOM_M,
    DistanceField,
    Likeness,
    best_offset,
    draw_field,
    judge,
    likeness,
)
from gis.readings import to_lonlat
from gis.suspects import Bounds, Suspect
from gis.verdicts import SURE, Candidate, Evidence, Known, Look, Verdict

Floats = NDArray[np.float64]

#: Chance explains the evidence at most this often, whatever the confidence: one in 400.
_LEAST_LOG_P = -6.0
#: The first must be this much rarer by chance than any other, e to this power.
_LEAST_LEAD = 2.8
#: Rows this far from the middle one, and more than this share of them, are of another reading.
_STRAY_DEG, _STRAY_SHARE = 3.0, 0.05
#: Beyond this of its middle a neighbourhood's plane ends.
_REACH_DEG = 40.0
#: Chance explains a second reading of some rows at most this often: one in 100.
_MIXED_LOG_P = -4.6
#: Readings nearer than this, about 100 m, fit where the other does.
_ELSEWHERE_DEG = 1e-3
#: Evidence counts by its square root: points of one file are not as independent as they look.
_WEIGHT = 0.5
#: That the truth is none of the suspects, against all of them together, before looking.
_NONE = 0.5
#: Pairs of the same name are held against offsets up to this.
_PAIR_REACH_M = 1500.0
#: What one or two pairs alone may be off although they are right.
_LONE_PAIR_M = 10.0
_LEAST_OFFSET_M = 15.0
#: A place beside is the better one when it fits better by this share of what here is above chance.
_BETTER = 0.2
#: More than this nothing is sure.
_MOST = 0.9995
_MOVES, _ROWS = 120, 120


def weigh(look: Look, suspects: Sequence[Suspect], known: Known) -> Verdict:
    """Rank the suspects.

    Parameters
    ----------
    look : Look
        The file.
    suspects : sequence of Suspect
        From `gis.suspects.suspects_of`.
    known : Known
        What lies around where the suspects put the file.

    Returns
    -------
    Verdict
        With `doubt`: nothing_known (no suspect or nothing to compare with), no_evidence (none fits
        better than chance), too_close (two fit alike), mixed (some rows are of another reading),
        offset (the best still lies beside what it should lie on).

    """
    finite = dataclasses.replace(look, xy=look.xy[np.isfinite(look.xy).all(axis=1)])
    if not suspects or not len(finite.xy) or not (known.layers or known.named or known.areas):
        return Verdict(_unweighed(suspects), "nothing_known")
    weighed: list[tuple[Candidate, DistanceField | None, Floats]] = []
    for group in _together(finite, suspects):
        ground = _Ground(finite, [suspect for suspect, _ in group], known)
        weighed += [ground.candidate(finite, suspect) for suspect, _ in group]
    ranked = _ranked([one for one, _, _ in weighed])
    if ranked[0].log_p > _LEAST_LOG_P:
        return Verdict(ranked, "no_evidence")
    top = next(one for one in weighed if one[0].suspect is ranked[0].suspect)
    first = _with_offset(ranked[0], top[1], top[2])
    ranked = (first, *ranked[1:])
    if first.confidence < SURE or _is_matched(ranked):
        return Verdict(ranked, "too_close" if len(ranked) > 1 else "no_evidence")
    if _is_mixed(finite, ranked):
        return Verdict(ranked, "mixed")
    return Verdict(ranked, "offset" if _is_beside(first) else "")


def windows_of(look: Look, suspects: Sequence[Suspect]) -> tuple[Bounds, ...]:
    """Where the suspects put the file, with the room to move it; degrees, those that touch merged.

    Of a file's points the outermost hundredth is left out: a stray row reaches for no neighbour.
    """
    found: list[Bounds] = []
    for suspect in suspects:
        low, high = np.nanpercentile(_placed(look.xy, suspect), (1, 99), axis=0)
        north = ROOM_M / 111_195.0
        east = north / max(0.1, math.cos(math.radians(float(high[1]))))
        box = (low[0] - east, low[1] - north, high[0] + east, high[1] + north)
        new: Bounds = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
        for other in [one for one in found if _touch(one, new)]:
            found.remove(other)
            low_corner = (min(other[0], new[0]), min(other[1], new[1]))
            new = (*low_corner, max(other[2], new[2]), max(other[3], new[3]))
        found.append(new)
    return tuple(found)


def _touch(a: Bounds, b: Bounds) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _unweighed(suspects: Sequence[Suspect]) -> tuple[Candidate, ...]:
    total = sum(suspect.prior for suspect in suspects) + _NONE or 1.0
    found = [Candidate(one, one.prior / (total + _NONE), ()) for one in suspects]
    return tuple(sorted(found, key=lambda one: -one.confidence))


def _together(
    look: Look, suspects: Sequence[Suspect]
) -> list[list[tuple[Suspect, tuple[float, float]]]]:
    """Suspects that put the file in one neighbourhood, so that one raster serves them."""
    groups: list[list[tuple[Suspect, tuple[float, float]]]] = []
    for suspect in suspects:
        lon, lat = np.nanmedian(_placed(look.xy, suspect), axis=0)
        for group in groups:
            first = group[0][1]
            if abs(first[0] - lon) < 0.05 and abs(first[1] - lat) < 0.05:
                group.append((suspect, (lon, lat)))
                break
        else:
            groups.append([(suspect, (float(lon), float(lat)))])
    return groups


def _placed(xy: Floats, suspect: Suspect) -> Floats:
    with np.errstate(all="ignore"):
        lonlat = to_lonlat(xy, suspect.reading)
    lonlat[~np.isfinite(lonlat).all(axis=1)] = np.nan
    return lonlat


class _Ground:
    """The known things around one neighbourhood, in its own metric plane."""

    def __init__(self, look: Look, suspects: Sequence[Suspect], known: Known) -> None:
        spots = [_placed(look.xy, suspect) for suspect in suspects]
        lon, lat = np.nanmedian(np.concatenate(spots), axis=0)
        self.middle = (float(lon), float(lat))
        self.frame: LocalFrame = frame_for(*self.middle)
        every = np.concatenate([self.metric(one) for one in spots])
        # A stray row or two must not blow the raster up.
        low, high = np.nanpercentile(every, (1, 99), axis=0)
        bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        self.fields = {
            name: field
            for name, shapes in known.layers.items()
            if (field := draw_field(self._flat(shapes), bounds)) is not None
        }
        self.areas = {
            code: area
            for code, area in zip(known.areas, self._flat(list(known.areas.values())), strict=True)
        }
        self.pairs = _best_pairs(look.words, known.named)
        self.coded = _best_codes(look.words, known.areas)

    def metric(self, lonlat: Floats) -> Floats:
        """Metres of degrees; nan stays, and rows of another reading, a world away, become it."""
        good = (np.abs(lonlat - self.middle) < _REACH_DEG).all(axis=1)
        out = np.full_like(lonlat, np.nan)
        out[good] = np.column_stack(self.frame.to_metric(lonlat[good, 0], lonlat[good, 1]))
        return out

    def _flat(
        self, shapes: Sequence[shapely.Geometry] | NDArray[np.object_]
    ) -> NDArray[np.object_]:
        given = np.asarray(shapes, dtype=object)
        flat = shapely.transform(given, self.metric) if len(given) else given
        return np.asarray(flat, dtype=object)

    def candidate(
        self, look: Look, suspect: Suspect
    ) -> tuple[Candidate, DistanceField | None, Floats]:
        """The suspect with its evidence, and field and points of its strongest line of it."""
        xy = self.metric(_placed(look.xy, suspect))
        xy = xy[np.isfinite(xy).all(axis=1)]
        found: list[Evidence] = []
        for name, field in self.fields.items():
            like = likeness(field, xy) if len(xy) else None
            if like is not None:
                found.append(_evidence("lies_on", name, like, len(xy)))
        found += self._in_divisions(look, suspect)
        found += self._same_names(look, suspect)
        best = min(found, key=lambda one: one.log_p, default=None)
        strongest = self.fields.get(best.layer) if best and best.kind == "lies_on" else None
        return Candidate(suspect, suspect.prior, tuple(found)), strongest, xy

    def _in_divisions(self, look: Look, suspect: Suspect) -> list[Evidence]:
        if self.coded is None:
            return []
        column, codes = self.coded
        at = [index for index, row in enumerate(look.of_row) if codes[row] is not None]
        at = [at[k] for k in np.linspace(0, len(at) - 1, min(_ROWS * 4, len(at))).astype(int)]
        spots = self.metric(_placed(look.inner[at], suspect))
        own = np.array([codes[look.of_row[index]] for index in at], dtype=object)
        good = np.isfinite(spots).all(axis=1)
        if not good.any():
            return []
        moves = np.vstack([np.zeros((1, 2)), _ring(300.0, 3000.0)])
        inside = np.zeros((len(moves), int(good.sum())))
        for code in set(own[good]):
            mine = own[good] == code
            x = spots[good][mine, 0] + moves[:, :1]
            y = spots[good][mine, 1] + moves[:, 1:]
            area = self.areas[code]
            shapely.prepare(area)
            inside[:, mine] = shapely.contains_xy(area, x, y)
        share = inside.mean(axis=1)
        rows = len({int(look.of_row[index]) for index in at})
        like = judge(float(share[0]), share[1:], rows, 0.0)
        return [_evidence("in_division", column, like, rows)]

    def _same_names(self, look: Look, suspect: Suspect) -> list[Evidence]:
        if self.pairs is None:
            return []
        column, rows, there = self.pairs
        apart = self.metric(there) - self.metric(_placed(look.rows[rows], suspect))
        apart = apart[np.isfinite(apart).all(axis=1)]
        if not len(apart):
            return []
        middle = np.median(apart, axis=0)
        if len(apart) > 2:
            scatter = 1.48 * np.median(np.hypot(*(apart - middle).T)) / math.sqrt(len(apart))
            slack = max(2.0, 2.0 * float(scatter))
        else:
            slack = _LONE_PAIR_M
        off = float(np.hypot(*middle))
        # Were the reading wrong by some offset, one this small would be as rare as its area.
        log_p = min(0.0, 2.0 * math.log((off + slack) / _PAIR_REACH_M))
        return [Evidence("same_name", column, off, _PAIR_REACH_M, log_p, slack, len(apart))]


def _evidence(kind: str, layer: str, like: Likeness, count: int) -> Evidence:
    return Evidence(kind, layer, like.score, like.by_chance, like.log_p, like.scale_m, count)


def _ring(least_m: float, longest_m: float) -> Floats:
    turn = np.arange(_MOVES) + 0.5
    radius = np.sqrt(least_m**2 + (longest_m**2 - least_m**2) * turn / _MOVES)
    angle = turn * np.pi * (3.0 - np.sqrt(5.0))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _best_pairs(
    words: Mapping[str, Sequence[str | None]], named: Mapping[str, tuple[float, float]]
) -> tuple[str, NDArray[np.int64], Floats] | None:
    """The column most of whose texts name one known thing each, with rows and places."""
    best: tuple[str, list[int]] | None = None
    for column, texts in words.items():
        seen: dict[str, int] = {}
        twice: set[str] = set()
        for row, text in enumerate(texts):
            if text is not None and text in named:
                twice |= {text} if text in seen else set()
                seen[text] = row
        rows = [row for text, row in seen.items() if text not in twice]
        if rows and (best is None or len(rows) > len(best[1])):
            best = (column, rows)
    if best is None:
        return None
    column, rows = best
    there = np.array([named[str(words[column][row])] for row in rows])
    return column, np.array(rows, dtype=np.int64), there


def _best_codes(
    words: Mapping[str, Sequence[str | None]], areas: Mapping[str, shapely.Geometry]
) -> tuple[str, list[str | None]] | None:
    """The column most of whose texts begin with a division's code, and the finest of each row."""
    best: tuple[int, str, list[str | None]] | None = None
    for column, texts in words.items():
        codes = [_division_in(text, areas) for text in texts]
        depth = sum(len(code) for code in codes if code)
        filled = sum(text is not None for text in texts)
        coded = sum(code is not None for code in codes)
        if coded and coded * 2 > filled and (best is None or depth > best[0]):
            best = (depth, column, codes)
    return None if best is None else (best[1], best[2])


def _division_in(text: str | None, areas: Mapping[str, shapely.Geometry]) -> str | None:
    """Digits of the division that a code begins with: 12, 9 or 6 of them, as far as known."""
    if text is None or len(text) < 6 or not text[:6].isdigit():
        return None
    return next((text[:n] for n in (12, 9, 6) if len(text) >= n and text[:n] in areas), None)


def _ranked(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Confidences from priors and evidence, likeliest first."""
    total = sum(one.suspect.prior for one in candidates)
    logs = [
        math.log(one.suspect.prior / total) - _WEIGHT * max(one.log_p, -400.0) for one in candidates
    ]
    highest = max(0.0, *logs)
    weights = [math.exp(one - highest) for one in logs]
    whole = sum(weights) + _NONE * math.exp(-highest)
    found = [
        dataclasses.replace(one, confidence=min(weight / whole, _MOST))
        for one, weight in zip(candidates, weights, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (-one.confidence, one.log_p)))


def _is_matched(ranked: Sequence[Candidate]) -> bool:
    """True when another fits nearly as well: how usual a reading is must not settle it alone.

    International and US survey feet put a file 8 m apart, and one is thirty times as usual.
    """
    least = 0.0 if ranked[0].suspect.is_declared else _LEAST_LEAD
    return any(other.log_p - ranked[0].log_p < least for other in ranked[1:])


def _is_mixed(look: Look, ranked: Sequence[Candidate]) -> bool:
    """True when rows lie far from the rest, or another reading elsewhere fits some of them."""
    rows = look.rows[np.isfinite(look.rows).all(axis=1)]
    if not len(rows):
        return False
    placed = _placed(rows, ranked[0].suspect)
    apart = np.abs(placed - np.nanmedian(placed, axis=0)).max(axis=1)
    if int((~(apart < _STRAY_DEG)).sum()) > max(1.0, _STRAY_SHARE * len(rows)):
        return True
    others = [one for one in ranked[1:] if one.log_p <= _MIXED_LOG_P]
    moved = (np.abs(_placed(rows, one.suspect) - placed).max(axis=1) for one in others)
    return any(float(np.nanmedian(by)) > _ELSEWHERE_DEG for by in moved)


def _with_offset(candidate: Candidate, field: DistanceField | None, xy: Floats) -> Candidate:
    best = min(candidate.evidence, key=lambda one: one.log_p)
    if best.kind != "lies_on" or field is None:
        return candidate
    thinned = xy[np.linspace(0, len(xy) - 1, min(240, len(xy))).astype(int)]
    east, north, score = best_offset(field, thinned, best.scale_m)
    if score - best.score < _BETTER * (best.score - best.by_chance):
        east, north = 0.0, 0.0  # a peak no higher than its own roughness
    return dataclasses.replace(candidate, offset_m=(east, north))


def _is_beside(candidate: Candidate) -> bool:
    """True when the best fit lies farther off than scale and spread account for."""
    best = min(candidate.evidence, key=lambda one: one.log_p)
    if best.kind == "same_name":
        return best.score > _LEAST_OFFSET_M + 1.5 * best.scale_m
    if candidate.offset_m is None:
        return False
    return math.hypot(*candidate.offset_m) > max(_LEAST_OFFSET_M, 1.2 * best.scale_m)
