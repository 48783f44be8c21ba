"""What stands on a block by its use, in the block's own frame: x along the street (metres)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from shapely import Polygon

from .footprints import aitch, courtyard, ell, horseshoe, slab
from .sites import Site

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Plan:
    """A shape in a block's own frame, before it is checked and turned."""

    shape: Polygon
    at: tuple[float, float]
    floors: int
    storey_m: float = 3.0
    name: str = ""


def _estate(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    """Parallel slabs facing south; the taller, the further apart."""
    floors = int(rng.choice([5, 6, 6, 6, 11, 16, 18]))
    left, bottom, right, top = room.bounds
    length, depth = float(rng.uniform(38, 58)), float(rng.uniform(12.5, 14.5))
    gap = depth + (17 if floors <= 6 else 27 if floors <= 11 else 36)
    number = 0
    for y in np.arange(bottom + depth / 2 + 2, top - depth / 2, gap):
        for x in np.arange(left + length / 2 + 2, right - length / 2, length + 9):
            number += 1
            step = 0 if rng.random() < 0.8 else -1
            yield Plan(
                slab(length, depth),
                (float(x), float(y)),
                floors + step,
                2.9,
                f"{site.name}{number}号楼" if site.name else "",
            )


def _old_quarter(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    """Small houses in rows, some round a yard, with shops towards the street."""
    left, bottom, right, top = room.bounds
    y = bottom + 7.0
    while y < top - 6:
        depth = float(rng.uniform(10, 13.5))
        x = left + 7.0
        while x < right - 6:
            width = float(rng.uniform(9.5, 15.5))
            kind = rng.random()
            shape = slab(width, depth)
            if kind < 0.16:
                shape = ell(width, depth, width * 0.42, depth * 0.45)
            elif kind < 0.24:
                width = float(rng.uniform(16, 21))
                shape = courtyard(width, depth + 4, 4.2)
            if rng.random() < 0.84:
                yield Plan(
                    shape, (x + width / 2, y + depth / 2), int(rng.choice([1, 2, 2, 3, 3, 4])), 3.1
                )
            x += width + float(rng.choice([1.2, 1.6, 5.5], p=[0.5, 0.3, 0.2]))
        y += depth + 4 + float(rng.choice([3.2, 4.4, 8.0]))


def _shop_fronts(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    """Houses with shops on all four fronts and an L at a corner; something taller inside."""
    left, bottom, right, top = room.bounds
    yield Plan(ell(34, 34, 14, 14), (left + 19, bottom + 19), int(rng.integers(4, 7)), 3.4)
    for y in (bottom + 8.5, top - 8.5):
        for x in np.arange(left + 46, right - 16, 26):
            yield Plan(
                slab(float(rng.uniform(19, 25)), 13), (float(x), y), int(rng.integers(2, 6)), 3.3
            )
    for x in (left + 8.5, right - 8.5):
        for y in np.arange(bottom + 50, top - 30, 24):
            yield Plan(
                slab(13, float(rng.uniform(17, 22))), (x, float(y)), int(rng.integers(2, 5)), 3.3
            )
    for x in np.arange(left + 45, right - 40, 48):
        for y in np.arange(bottom + 40, top - 35, 40):
            yield Plan(slab(36, 13), (float(x), float(y)), int(rng.integers(5, 9)), 3.0)


def _school(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    left, bottom, right, top = room.bounds
    x, y, wide = (left + right) / 2, (bottom + top) / 2, right - left
    yield Plan(
        horseshoe(wide * 0.42, 44, 12), (x - wide * 0.2, y + 22), 5, 3.6, site.name + "教学楼"
    )
    yield Plan(slab(wide * 0.3, 14), (x + wide * 0.26, top - 16), 4, 3.6, site.name + "综合楼")
    yield Plan(slab(40, 26), (x + wide * 0.28, y + 4), 1, 9.0, site.name + "体育馆")
    yield Plan(slab(44, 13), (x - wide * 0.24, y - 34), 5, 3.2, site.name + "宿舍楼")
    yield Plan(slab(8, 5), (x, bottom + 6), 1, 3.2, site.name + "门卫室")


def _hospital(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    left, bottom, right, top = room.bounds
    x, y = (left + right) / 2, (bottom + top) / 2
    small = site.township not in site.name and "县" not in site.name
    yield Plan(slab(58, 18), (x, bottom + 24), 3 if small else 5, 3.8, site.name + "门诊楼")
    yield Plan(aitch(60, 44, 14), (x - 8, y + 22), 4 if small else 12, 3.7, site.name + "住院楼")
    yield Plan(slab(20, 30), (right - 16, y - 10), 3, 3.6, site.name + "医技楼")


def _offices(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    left, bottom, right, top = room.bounds
    x, y = (left + right) / 2, (bottom + top) / 2
    is_county = "县" in site.name
    yield Plan(courtyard(64, 52, 13), (x, y + 10), 6 if is_county else 4, 3.6, site.name)
    yield Plan(slab(44, 13), (x - 20, top - 12), 4, 3.3, site.name + "附属楼")
    yield Plan(slab(8, 6), (x - 14, bottom + 7), 1, 3.2, site.name + "门卫室")


def _station_house(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    left, bottom, right, top = room.bounds
    x, y = (left + right) / 2, (bottom + top) / 2
    yield Plan(ell(46, 34, 14, 14), (x, y), 4, 3.4, site.name)
    yield Plan(slab(24, 8), (x + 20, top - 9), 1, 3.6, site.name + "车库")


def _hall(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    """A hall with rows of stalls or shops about it."""
    left, bottom, right, top = room.bounds
    x, y = (left + right) / 2, (bottom + top) / 2
    yield Plan(slab(min(84, (right - left) * 0.5), 46), (x, y + 8), 2, 5.2, site.name)
    for row in (bottom + 9, top - 9):
        for at in np.arange(left + 14, right - 10, 23):
            yield Plan(slab(20, 10), (float(at), row), 2, 3.3)


def _mall(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    left, bottom, right, top = room.bounds
    x, y = (left + right) / 2, (bottom + top) / 2
    yield Plan(slab((right - left) * 0.55, 62), (x, y), 5, 4.8, site.name)
    for at in np.arange(left + 16, right - 12, 30):
        yield Plan(slab(24, 13), (float(at), top - 10), int(rng.integers(3, 6)), 3.4)


def _park(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    left, bottom, right, _ = room.bounds
    yield Plan(slab(18, 9), ((left + right) / 2, bottom + 10), 1, 4.2, site.name + "管理房")
    yield Plan(slab(6, 6), (left * 0.4, bottom * 0.3), 1, 4.0)


def _works(site: Site, room: Polygon, rng: Rng) -> Iterator[Plan]:
    """Wide sheds side by side and an office block by the gate."""
    left, bottom, right, top = room.bounds
    length = float(rng.uniform(52, 86))
    for y in np.arange(bottom + 34, top - 14, 37):
        for x in np.arange(left + length / 2 + 3, right - length / 2, length + 13):
            yield Plan(
                slab(length, float(rng.uniform(22, 27))),
                (float(x), float(y)),
                1,
                float(rng.uniform(7.5, 11.5)),
            )
    yield Plan(slab(36, 13), (0, bottom + 9), 4, 3.4, site.name + "办公楼" if site.name else "")


PLANNERS: dict[str, Callable[[Site, Polygon, Rng], Iterator[Plan]]] = {
    "小区": _estate,
    "老街": _old_quarter,
    "沿街商铺": _shop_fronts,
    "学校": _school,
    "医院": _hospital,
    "政府机关": _offices,
    "派出所": _station_house,
    "车站": _hall,
    "市场": _hall,
    "商业": _mall,
    "公园广场": _park,
    "工业": _works,
    "养老院": _estate,
    "文化体育": _mall,
}
