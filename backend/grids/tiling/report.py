"""What `gridlink check grids --json` says: every fault with codes, m2 and a place, and the counts.

Lists hold all that is no rounding (0.001 m2); the counts tell how many reach the threshold.
"""

from __future__ import annotations

from typing import Any

from gis.tilingspots import NOISE_M2, SLIVER_M, Spot

from .checking import Checked, Tiling

Row = dict[str, Any]


def told(checked: Checked, threshold_m2: float) -> dict[str, Any]:
    """Return the report of one check."""
    tiling = checked.tiling
    lists: dict[str, list[Row]] = {
        "overlaps": _overlaps(checked),
        "gaps": _gaps(checked),
        "slivers": _slivers(checked),
        "pieces": _pieces(checked),
        "parents": _parents(checked),
        "unfilled": _unfilled(checked),
    }
    return {
        "features": len(tiling.numbers),
        **lists,
        "invalid": _invalid(tiling),
        "duplicates": [
            {"code": found.code, "rows": [tiling.numbers[row] for row in found.rows]}
            for found in checked.duplicates
        ],
        "malformed": [
            {"row": tiling.numbers[found.row], "code": found.code, "reason": found.reason}
            for found in checked.malformed
        ],
        "counts": _counts(lists, threshold_m2),
        "plane": checked.faults.plane.name,
        "noise_m2": NOISE_M2,
        "sliver_width_m": SLIVER_M,
    }


def faults_found(report: dict[str, Any]) -> int:
    """Return how many faults count: those at or above the threshold, and all that have no area."""
    above: dict[str, int] = report["counts"]["above"]
    sized = sum(above[name] for name in ("overlaps", "gaps", "slivers", "parents", "unfilled"))
    return sized + sum(len(report[name]) for name in ("invalid", "duplicates", "malformed"))


def _spot(spot: Spot) -> Row:
    return {
        "area_m2": round(spot.area_m2, 4),
        "ground_m2": round(spot.ground_m2, 4),
        "width_m": round(spot.width_m, 3),
        "lon": round(spot.lon, 9),
        "lat": round(spot.lat, 9),
    }


def _overlaps(checked: Checked) -> list[Row]:
    tiling = checked.tiling
    return [
        {
            "a": tiling.label(found.a),
            "b": tiling.label(found.b),
            **_spot(found.spot),
            "rows": [tiling.numbers[found.a], tiling.numbers[found.b]],
        }
        for found in checked.faults.overlaps
    ]


def _gaps(checked: Checked) -> list[Row]:
    tiling = checked.tiling
    return [
        {
            **_spot(found.spot),
            "neighbours": [tiling.label(row) for row in found.neighbours],
            "rows": [tiling.numbers[row] for row in found.neighbours],
        }
        for found in checked.faults.gaps
    ]


def _slivers(checked: Checked) -> list[Row]:
    """Faults thinner than two metres on the average, whatever else they are listed as."""
    tiling, faults = checked.tiling, checked.faults
    found: list[tuple[str, tuple[int, ...], Spot]]
    found = [("overlap", (o.a, o.b), o.spot) for o in faults.overlaps]
    found += [("gap", g.neighbours, g.spot) for g in faults.gaps]
    found += [("piece", (p.row,), p.spot) for p in faults.pieces]
    return [
        {"kind": kind, "codes": [tiling.label(row) for row in rows], **_spot(spot)}
        for kind, rows, spot in found
        if spot.is_sliver
    ]


def _pieces(checked: Checked) -> list[Row]:
    """Parts of a grid that cannot be reached from its largest without leaving it."""
    tiling = checked.tiling
    return [
        {"code": tiling.label(p.row), "row": tiling.numbers[p.row], **_spot(p.spot)}
        for p in checked.faults.pieces
        if not p.is_whole
    ]


def _parents(checked: Checked) -> list[Row]:
    tiling, parents = checked.tiling, checked.tiling.parents
    if parents is None:
        return []
    return [
        {
            "code": tiling.label(found.row),
            "parent": parents.codes[found.parent],
            **_spot(found.spot),
            "share": round(found.share, 6),
            "row": tiling.numbers[found.row],
        }
        for found in checked.leaving
    ]


def _unfilled(checked: Checked) -> list[Row]:
    parents = checked.tiling.parents
    if parents is None:
        return []
    return [
        {"parent": parents.codes[found.parent], **_spot(found.spot), "share": round(found.share, 6)}
        for found in checked.unfilled
    ]


def _invalid(tiling: Tiling) -> list[Row]:
    code_of = dict(zip(tiling.numbers, tiling.codes, strict=True))
    return [
        {
            "row": row.number,
            "code": code_of.get(row.number),
            "reason": row.reason,
            "lon": row.lon,
            "lat": row.lat,
            "mended": row.is_mended,
        }
        for row in tiling.invalid
    ]


def _counts(lists: dict[str, list[Row]], threshold_m2: float) -> dict[str, Any]:
    return {
        "threshold_m2": threshold_m2,
        "above": {
            name: sum(row["area_m2"] >= threshold_m2 for row in rows)
            for name, rows in lists.items()
        },
        "all": {name: len(rows) for name, rows in lists.items()},
    }
