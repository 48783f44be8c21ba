"""Compiles what a what-if runs, so that the first drag does not wait for it."""

from dataclasses import replace

import numpy as np
import shapely
from sqlalchemy.orm import Session

from gis.coverage import Subjects
from gis.density import band_reach
from gis.exactcover import plot_figures, plots_of
from gis.obstacles import build_obstacles
from gis.poseground import grounds_of
from gis.poses import PoseColumns, build_poses

from . import grounds, subjects, today
from .bands import densities_of

#: Densities that a what-if asks for unless told otherwise.
_ASKED = densities_of("iec")


def warm_up() -> None:
    """Compile, or load from the cache, the kernels of exact figures."""
    houses = np.array([shapely.box(20.0, 0.0, 24.0, 4.0)], dtype=object)
    obstacles = build_obstacles(houses, [9.0], [1])
    columns = PoseColumns([1, 2], [0.0, 5.0], [0.0, 5.0], 6.0, 90.0, 80.0, 60.0, 5.0)
    # Without a width no density is known, nothing is seen, and nothing would be compiled.
    poses = build_poses(replace(columns, width_px=1920.0))
    seen = grounds_of(obstacles, poses, np.arange(2), reach=band_reach(poses, _ASKED))
    area = np.array([shapely.box(-50.0, -50.0, 50.0, 50.0)], dtype=object)
    line = np.array([shapely.LineString([(0.0, -9.0), (9.0, 9.0)])], dtype=object)
    plot_figures(seen, plots_of(Subjects(area, line, line), houses))


def read(session: Session) -> int:
    """Read cameras and land into memory as a what-if asks for them; return how many subjects."""
    return len(today.current(session, _ASKED).land)


def read_for_refresh(session: Session) -> int:
    """Read cameras and land into memory as a refresh asks for them; return how many subjects."""
    cameras = grounds.current(session)
    return len(subjects.current(session, cameras.lookout.frame, cameras.scene.obstacles))
