"""Compiles what deriving and a track run, so that the first fixes do not wait for it."""

import numpy as np
import shapely

from gis.gridindex import index_grids
from gis.patrolground import ground_states
from gis.patrolplan import patrol_cells
from gis.silences import Duties
from gis.tracks import Fixes, clean, legs, rules_of
from gis.visits import find_visits


def warm_up() -> None:
    """Compile, or load from the cache, the kernels of tracks, visits and patrol ground."""
    areas = [shapely.box(0.0, 0.0, 60.0, 60.0), shapely.box(60.0, 0.0, 120.0, 60.0)]
    grids = np.array(areas, dtype=object)
    roads = np.array([shapely.LineString([(0.0, 30.0), (120.0, 30.0)])], dtype=object)
    # A walk along the road, a jump that cannot be, and a silence.
    at_s = np.array([0.0, 20.0, 40.0, 50.0, 60.0, 900.0])
    x = np.array([5.0, 35.0, 65.0, 9000.0, 90.0, 100.0])
    count, nothing = len(at_s), np.full(len(at_s), np.nan)
    fixes = Fixes(np.ones(count, np.int64), at_s, x, np.full(count, 30.0), nothing, nothing)
    ways = legs(clean(fixes, rules_of("foot")))
    find_visits(index_grids(grids), ways, from_s=0, to_s=3600)
    duties = Duties(np.array([1]), np.array([0.0]), np.array([1000.0]))
    plan = patrol_cells(grids, roads)
    for duty in (duties, None):
        ground_states(plan, ways, from_s=0, to_s=3600, duties=duty)
