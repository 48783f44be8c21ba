"""Ground that cameras see, kept in memory camera by camera: what-if and refresh share it.

A camera's ground is kept under what it was computed from - its sensors and the buildings - so a
change of one camera costs one viewshed, and nothing has to be told that it is out of date. Only
what is asked for is computed: a question about one street waits for the cameras of that street.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gis.density import PLANNING_PX_PER_M, BandReach, band_reach
from gis.poseground import grounds_of
from gis.poses import POSE_COLUMNS, PoseTable
from gis.seenground import SeenGrounds, seen_grounds

from ..basemap.scene import Scene
from ..cameras import lookout
from ..cameras.lookout import Lookout
from ..holding import Holding
from ..settings import load
from .keeping import Kept

Longs = NDArray[np.int64]
Shapes = NDArray[np.object_]

MOST_KEPT = 4000
"""Cameras of one set of bands; some 20 kB each, and a question needs a few hundred."""

_Key = tuple[int, bytes]
_Row = tuple[Shapes, Shapes]


@dataclass(frozen=True, slots=True)
class Held:
    """All cameras at one moment, with the bands in question and what is known of their grounds."""

    lookout: Lookout
    scene: Scene
    reach: BandReach
    #: Camera ids in order, and the rows of `lookout.poses` of each: rows[starts[i]:starts[i + 1]].
    camera_ids: Longs
    starts: NDArray[np.intp]
    #: What each pose is, float64 (poses, columns): a camera's ground is kept under its rows.
    records: NDArray[np.float64]
    kept: Kept[_Key, _Row]

    def near(self, box: NDArray[np.float64]) -> Longs:
        """Return ids of the cameras whose circle of range meets a box, metres of the frame."""
        poses = self.lookout.poses
        low_x, low_y, high_x, high_y = (float(side) for side in box)
        dx = np.maximum(np.maximum(low_x - poses.x, poses.x - high_x), 0.0)
        dy = np.maximum(np.maximum(low_y - poses.y, poses.y - high_y), 0.0)
        # The widest band's radius, not the range: beyond it nothing counts.
        meets = np.hypot(dx, dy) <= self.reach.possible_m[:, 0] * 1.001
        return np.unique(self.lookout.camera_id[meets])

    def seen(self, camera_ids: Longs) -> SeenGrounds:
        """Return the grounds of these cameras; unknown ids are left out."""
        ids = np.unique(camera_ids)
        places = np.searchsorted(self.camera_ids, ids)
        places[places == len(self.camera_ids)] = 0
        places = places[self.camera_ids[places] == ids] if len(self.camera_ids) else places[:0]
        keys = [self._key(place) for place in places.tolist()]

        def made(missing: list[_Key]) -> list[_Row]:
            place = np.searchsorted(self.camera_ids, [camera_id for camera_id, _ in missing])
            rows = [np.arange(self.starts[i], self.starts[i + 1]) for i in place]
            fresh = self._computed(self.lookout.poses, self.reach, np.concatenate(rows))
            return list(zip(fresh.certain, fresh.possible, strict=True))

        kept = self.kept.completed(keys, made)
        return _together(self.reach.px_per_m, self.camera_ids[places], kept)

    def would_see(self, poses: PoseTable) -> SeenGrounds:
        """Return the grounds of cameras that do not stand so, in the frame of the lookout."""
        target_height_m = load().sight.target_height_m
        reach = band_reach(poses, self.reach.px_per_m, target_height_m=target_height_m)
        return self._computed(poses, reach, np.arange(len(poses)))

    def _computed(self, poses: PoseTable, reach: BandReach, rows: Longs) -> SeenGrounds:
        return grounds_of(
            self.scene.obstacles,
            poses,
            rows,
            reach=reach,
            target_height_m=load().sight.target_height_m,
            terrain=self.scene.terrain,
        )

    def _key(self, place: int) -> _Key:
        rows = self.records[self.starts[place] : self.starts[place + 1]]
        return int(self.camera_ids[place]), rows.tobytes()


_held = Holding[Held]()


def current(session: Session, px_per_m: tuple[float, ...] = PLANNING_PX_PER_M) -> Held:
    """Return all cameras as the database has them now, for the bands in question."""
    watch, scene = lookout.current(session)

    def renew(last: Held | None) -> Held:
        is_same_scene = last is not None and last.scene is scene
        if last is not None and is_same_scene and last.lookout is watch:
            return last
        kept = last.kept if last is not None and is_same_scene else Kept(MOST_KEPT)
        return _over(watch, scene, px_per_m, kept)

    return _held.renewed(renew, px_per_m)


def _over(
    watch: Lookout, scene: Scene, px_per_m: tuple[float, ...], kept: Kept[_Key, _Row]
) -> Held:
    reach = band_reach(watch.poses, px_per_m, target_height_m=load().sight.target_height_m)
    # The lookout reads poses in order of camera and sensor.
    ids, starts = np.unique(watch.camera_id, return_index=True)
    starts = np.append(starts, len(watch.camera_id))
    records = np.stack([getattr(watch.poses, name) for name in POSE_COLUMNS], axis=1)
    return Held(watch, scene, reach, ids, starts, np.ascontiguousarray(records), kept)


def _together(px_per_m: tuple[float, ...], camera_ids: Longs, rows: Sequence[_Row]) -> SeenGrounds:
    certain = np.empty((len(camera_ids), len(px_per_m)), dtype=object)
    possible = np.empty_like(certain)
    for n, row in enumerate(rows):
        certain[n], possible[n] = row
    return seen_grounds(px_per_m, camera_ids, certain, possible)
