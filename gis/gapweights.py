"""What ground is worth to be seen: key places, incidents, roads, people. Metres, one metric CRS.

Gaps are ranked by it and sites proposed by it. Each part is a sum over the ground, so pieces of a
ground add up to the ground: splitting a gap or choosing another cell size changes no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Shapes = NDArray[np.object_]

#: Worth of 100 m of road by class; "" stands for every class not named.
ROAD_WORTH: Mapping[str, float] = MappingProxyType(
    {
        "national": 3.0,
        "provincial": 2.5,
        "county": 2.0,
        "town": 1.5,
        "street": 1.5,
        "lane": 1.0,
        "": 0.5,
    }
)


@dataclass(frozen=True, slots=True)
class GroundWeights:
    """Worth of one unit of each; 0 leaves it out."""

    #: 100 m2 of ground of any kind.
    ground: float = 1.0
    #: The whole surroundings of a key place of weight 1.
    key_places: float = 50.0
    #: One incident.
    incidents: float = 5.0
    #: 100 m of road, by class.
    road_class: Mapping[str, float] = field(default_factory=lambda: ROAD_WORTH)
    #: 100 households.
    population: float = 1.0


@dataclass(frozen=True, slots=True)
class GroundFacts:
    """What is known of a land; each may be empty (`NO_FACTS`)."""

    #: Ground that counts as a key place's, polygons (p,), and the weight of each place.
    place_areas: Shapes
    place_weights: Floats
    #: Incidents of the period asked for, float64 (i, 2).
    incidents: Floats
    #: (Multi)LineStrings (r,), and their classes.
    roads: Shapes
    road_classes: NDArray[np.str_]
    #: Where people live, polygons (g,), and households in each, spread evenly over it.
    blocks: Shapes
    households: Floats

    def __post_init__(self) -> None:
        pairs = (
            ("place_weights", "place_areas"),
            ("road_classes", "roads"),
            ("households", "blocks"),
        )
        for column, of in pairs:
            if len(getattr(self, column)) != len(getattr(self, of)):
                got, allowed = len(getattr(self, column)), f"as many as {of}"
                raise ArgumentError(column, got=got, allowed=allowed)


NO_FACTS = GroundFacts(
    np.empty(0, object),
    np.empty(0),
    np.empty((0, 2)),
    np.empty(0, object),
    np.empty(0, str),
    np.empty(0, object),
    np.empty(0),
)


@dataclass(frozen=True, slots=True)
class GroundWorth:
    """Worth of n pieces of ground and what it is made of."""

    #: float64 (n,), >= 0.
    weight: Floats
    area_m2: Floats
    #: Pieces and the key places (rows of the facts) whose ground they share, and which share of
    #: the place's ground that is; by piece.
    place_piece: Indices
    place: Indices
    place_share: Floats
    #: int64 (n,).
    incidents: Indices
    #: Classes, ascending, and metres in each piece, float64 (n, classes).
    road_classes: tuple[str, ...]
    road_m: Floats
    #: Households, float64 (n,).
    population: Floats


def ground_worth(
    pieces: Shapes, facts: GroundFacts, weights: GroundWeights | None = None
) -> GroundWorth:
    """Worth of pieces of ground, with its reasons.

    Parameters
    ----------
    pieces : ndarray of Polygon or MultiPolygon, shape (n,)
        Ground, CRS of the facts, metres.
    facts : GroundFacts
        Key places, incidents, roads, people.
    weights : GroundWeights, optional
        What each is worth; default as the class says.

    Returns
    -------
    GroundWorth

    Notes
    -----
    weight = ground * area / 100 + key_places * sum(place weight * share of its ground) + incidents
    * n + sum(road worth * metres / 100) + population * households / 100. An incident on a border
    of two pieces counts for the first, a road that runs along one for both. Linear in the pairs
    that meet.

    """
    worth = weights or GroundWeights()
    count = len(pieces)
    tree = shapely.STRtree(pieces)
    area = np.asarray(shapely.area(pieces), dtype=np.float64)
    piece, place, share = _shares(tree, pieces, facts.place_areas)
    incidents = _points_in(tree, facts.incidents, count)
    classes, metres = _roads_in(tree, pieces, facts)
    people_piece, block, part = _shares(tree, pieces, facts.blocks)
    population = np.bincount(people_piece, part * facts.households[block], minlength=count)
    per_m = [worth.road_class.get(c, worth.road_class.get("", 0.0)) / 100.0 for c in classes]
    places = np.bincount(piece, share * facts.place_weights[place], minlength=count)
    weight = (
        worth.ground * area / 100.0
        + worth.key_places * places
        + worth.incidents * incidents
        + metres @ np.asarray(per_m, dtype=np.float64)
        + worth.population * population / 100.0
    )
    return GroundWorth(
        np.asarray(weight, dtype=np.float64),
        area,
        piece,
        place,
        share,
        incidents,
        classes,
        metres,
        np.asarray(population, dtype=np.float64),
    )


def _shares(
    tree: shapely.STRtree, pieces: Shapes, areas: Shapes
) -> tuple[Indices, Indices, Floats]:
    """Pieces and areas that share ground, by piece, and the share of the area in the piece."""
    area, piece = tree.query(areas, predicate="intersects")
    common = shapely.area(shapely.intersection(pieces[piece], areas[area]))
    order = np.lexsort((area, piece))
    order = order[common[order] > 0.0]
    share = common[order] / shapely.area(areas[area[order]])
    return piece[order].astype(np.int64), area[order].astype(np.int64), np.asarray(share)


def _points_in(tree: shapely.STRtree, points: Floats, count: int) -> Indices:
    point, piece = tree.query(shapely.points(points), predicate="intersects")
    order = np.lexsort((piece, point))
    first = np.unique(point[order], return_index=True)[1]
    return np.bincount(piece[order][first], minlength=count).astype(np.int64)


def _roads_in(
    tree: shapely.STRtree, pieces: Shapes, facts: GroundFacts
) -> tuple[tuple[str, ...], Floats]:
    classes, of_road = np.unique(np.asarray(facts.road_classes, dtype=str), return_inverse=True)
    metres = np.zeros((len(pieces), len(classes)))
    road, piece = tree.query(facts.roads, predicate="intersects")
    length = shapely.length(shapely.intersection(facts.roads[road], pieces[piece]))
    np.add.at(metres, (piece, of_road[road]), length)
    return tuple(classes.tolist()), metres
