"""What makes ground worth seeing, as `gis.gapweights` takes it."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.frame import LocalFrame
from gis.gapweights import GroundFacts, GroundWeights

from ..settings import load
from .subjects import Held as Land

Floats = NDArray[np.float64]

WEIGHTS = GroundWeights(ground=0.05)
"""A hectare of plain ground weighs as much as one incident: no gap leads by its size alone."""

# By table name: incidents stand above coverage, and their place is all that is asked of them.
_INCIDENTS = text(
    "SELECT ST_X(geom), ST_Y(geom) FROM incidents WHERE state <> 'rejected'"
    " AND reported_at > now() - make_interval(months => :months) ORDER BY id"
)


def facts_of(session: Session, land: Land, *, months: int | None = None) -> GroundFacts:
    """Return the facts of the whole land; incidents of the last `months`, by default the setting's.

    The session's eyes decide which incidents count: a refresh has the owner's.
    """
    wanted = load().coverage.incident_months if months is None else months
    spots = np.array(session.execute(_INCIDENTS, {"months": wanted}).all(), dtype=np.float64)
    places = np.flatnonzero(land.kinds == "place")
    lived_in = np.flatnonzero(land.is_summed & (land.households > 0))
    return GroundFacts(
        place_areas=land.shapes.areas[places],
        place_weights=land.weights[places],
        incidents=_metric(land.frame, spots.reshape(-1, 2)),
        roads=land.road_shapes,
        road_classes=land.road_classes,
        blocks=land.shapes.areas[lived_in],
        households=land.households[lived_in].astype(np.float64),
    )


def place_names(land: Land) -> list[str]:
    """Return the names of key places, along `GroundFacts.place_areas`."""
    return [land.names[row] for row in np.flatnonzero(land.kinds == "place")]


def _metric(frame: LocalFrame, spots: Floats) -> Floats:
    if not len(spots):
        return spots
    return np.stack(frame.to_metric(spots[:, 0], spots[:, 1]), axis=1)
