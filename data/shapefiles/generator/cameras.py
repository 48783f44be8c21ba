"""The 543 camera points: poles, poses as well as they are known, official names (metres)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Point

from .areas import Village
from .curves import grid_azimuth_deg, rng_for
from .names import COUNTY
from .network import NATIONAL
from .optics import BULLET, CHECKPOINT, DOME, HALL, LOOKOUT, PANORAMIC, Kind, Optics, drawn_optics
from .places import Place, Scene
from .posts import Post, crossings, entries, gates, pole, road_posts, village_posts
from .towns import Town

COUNTS = {"球机": 83, "高空瞭望": 2, "枪机": 251, "卡口": 197, "全景": 6, "半球": 4}
KNOWN, OCTANT_ONLY = 299, 163  # of 543: 55 % and 30 %; the rest is unknown
# GB/T 28181 DirectionType by the octant looked into: 0 N, 1 NE, ... 7 NW.
DIRECTION_TYPE = (4, 6, 1, 5, 3, 7, 2, 8)
TOWNSHIP_CENTRE = {"明溪街道": "01", "云溪镇": "02", "柳湾镇": "03", "青石镇": "04", "白鹭乡": "05"}


@dataclass(frozen=True, slots=True)
class Camera:
    """One row; azimuth text and direction type are empty where the register does not say."""

    name: str
    code: str
    at: Point
    azimuth: str
    direction: int | None
    kind: Kind
    optics: Optics
    use_type: int
    address: str
    unit: str


@dataclass(frozen=True, slots=True)
class _Mount:
    """A camera before it has a number: where, looking which way, for which use."""

    kind: Kind
    place: str
    at: Point
    aim: tuple[float, float]
    use_type: int


def lay_cameras(scene: Scene, towns: tuple[Town, ...], places: list[Place]) -> list[Camera]:
    """All camera points, grouped by kind in the order of COUNTS."""
    footprints = shapely.STRtree([b.polygon for b in scene.buildings])
    mounts = [
        *_standing(DOME, _dome_posts(scene, towns, places), footprints),
        *_lookouts(towns[0], footprints),
        *_standing(BULLET, _bullet_posts(scene, towns, places), footprints),
        *_standing(CHECKPOINT, _checkpoint_posts(scene, towns), footprints),
        *_standing(PANORAMIC, _square_posts(scene, ("公园广场", "车站", "商业")), footprints),
        *_standing(HALL, _square_posts(scene, ("市场",)), footprints),
    ]
    return _registered(mounts, scene)


Spot = tuple[Post, int, int]  # post, which of its cameras, UseType


def _standing(kind: Kind, spots: Iterable[Spot], footprints: shapely.STRtree) -> list[_Mount]:
    """As many mounts of the kind as COUNTS asks for; one pole position is used once."""
    mounts: list[_Mount] = []
    for post, k, use_type in spots:
        if len(mounts) == COUNTS[kind.label]:
            break
        at, aim = pole(post, k, footprints)
        mounts.append(_Mount(kind, post.name, at, aim, use_type))
    if len(mounts) != COUNTS[kind.label]:
        raise ValueError(f"{kind.label}: only {len(mounts)} posts for {COUNTS[kind.label]}")
    return mounts


def _dome_posts(scene: Scene, towns: tuple[Town, ...], places: list[Place]) -> Iterator[Spot]:
    for post in crossings(towns[0])[::2][:27]:
        yield post, 3, 1
    for town in towns[1:]:
        for post in crossings(town)[:3]:
            yield post, 3, 1
    for post in village_posts(scene, places)[:21]:
        yield post, 2, 1
    for use, post in gates(scene):
        if use in ("政府机关", "车站", "医院", "市场", "公园广场", "派出所"):
            yield post, 2, 3


def _bullet_posts(scene: Scene, towns: tuple[Town, ...], places: list[Place]) -> Iterator[Spot]:
    seat = crossings(towns[0])
    yield from [(post, k, 1) for post in seat for k in range(len(post.arms)) if k < 3][:132]
    for town in towns[1:]:
        yield from [(post, k, 1) for post in crossings(town)[:6] for k in (0, 1)][:11]
    at_gates = [(post, k, 3) for use, post in gates(scene) for k in (0, 1) if use != "工业"]
    yield from at_gates[:48]
    for post in village_posts(scene, places)[::5]:
        yield post, 0, 1
    for post in village_posts(scene, places)[1::5]:
        yield post, 1, 1


def _checkpoint_posts(scene: Scene, towns: tuple[Town, ...]) -> Iterator[Spot]:
    for town in towns:
        for post in entries(town, scene.roads):
            yield from ((post, k, 2) for k in (0, 1))
    for road in scene.roads:
        if road.name == NATIONAL:
            for post in road_posts(road, every_m=2600, start_m=350):
                yield from ((post, k, 2) for k in (0, 1, 2, 3))
    for road in sorted(scene.roads, key=lambda r: (r.grade != "县道", -r.line.length)):
        if road.grade == "县道":
            for post in road_posts(road, every_m=1900, start_m=600):
                yield from ((post, k, 2) for k in (0, 1))
    for post in crossings(towns[0])[1::2]:
        yield from ((post, k, 2) for k in range(len(post.arms)))


def _square_posts(scene: Scene, uses: tuple[str, ...]) -> Iterator[Spot]:
    found = [post for use, post in gates(scene) if use in uses]
    yield from ((post, 3, 3) for post in found)


def _lookouts(seat: Town, footprints: shapely.STRtree) -> list[_Mount]:
    """Two masts: one in the northern edge of the town, one towards the hills."""
    spots = [
        ("北环瞭望塔", (-350.0, 1420.0), (0.35, -0.94)),
        ("南山瞭望塔", (900.0, -3650.0), (-0.3, 0.95)),
    ]
    mounts = []
    for name, at, arm in spots:
        spot, aim = pole(Post(name, at, (arm,), 6.0), 0, footprints)
        mounts.append(_Mount(LOOKOUT, name, spot, aim, 3))
    return mounts


def _registered(mounts: list[_Mount], scene: Scene) -> list[Camera]:
    """Numbers, names, and what the register knows of each pose."""
    rng = rng_for(95)
    serial: dict[tuple[str, str], int] = {}
    cameras = []
    for k, (mount, pose) in enumerate(zip(mounts, _knowledge(mounts, rng), strict=True), start=1):
        village = scene.village_at(mount.at)
        label = mount.kind.label
        order = serial[mount.place, label] = serial.get((mount.place, label), 0) + 1
        azimuth, direction = _pose(mount, pose, k, rng)
        # 8 centre + 00 road access + type (121 checkpoint, 132 IP camera) + network 1 + serial.
        device = "121" if mount.kind is CHECKPOINT else "132"
        cameras.append(
            Camera(
                name=_name(mount, village, f"{label}{order:02d}", is_long=k % 29 == 0),
                code=f"699901{TOWNSHIP_CENTRE[village.township]}00{device}1{k:06d}",
                at=mount.at,
                azimuth=azimuth,
                direction=direction,
                kind=mount.kind,
                optics=drawn_optics(mount.kind, rng),
                use_type=mount.use_type,
                address=f"{COUNTY}{village.township}{village.name}{mount.place.removesuffix('门口')}",
                unit=_unit_of(mount, village.township),
            )
        )
    return cameras


def _knowledge(mounts: list[_Mount], rng: np.random.Generator) -> list[str]:
    """How each pose is known: list for several sensors, else known, octant or unknown."""
    is_list = [
        m.kind is PANORAMIC or (m.kind is BULLET and k % 31 == 0) for k, m in enumerate(mounts)
    ]
    single = len(mounts) - sum(is_list)
    pool = ["known"] * (KNOWN - sum(is_list)) + ["octant"] * OCTANT_ONLY
    pool += ["unknown"] * (single - len(pool))
    drawn = iter([pool[k] for k in rng.permutation(single)])
    return ["list" if several else next(drawn) for several in is_list]


def _name(mount: _Mount, village: Village, suffix: str, *, is_long: bool) -> str:
    """The official name; registers hold a few that read like a sentence."""
    if is_long and mount.use_type == 3:
        place = _LONG.format(mount.place)
        return f"云溪县{village.township}{village.name}{place}-{suffix}"
    is_full = mount.place.startswith((village.township, COUNTY))
    return f"{'' if is_full else village.township}{mount.place}-{suffix}"


_LONG = "{}外侧人行横道及公交停靠站周边公共区域治安防控重点部位全时段视频监控点"


def _unit_of(mount: _Mount, township: str) -> str:
    if mount.kind is CHECKPOINT:
        return "云溪县公安局交通管理大队"
    if mount.kind is LOOKOUT:
        return "云溪县应急管理局"
    stem = township.removesuffix("街道").removesuffix("镇").removesuffix("乡")
    return f"云溪县公安局{stem}派出所"


def _pose(mount: _Mount, pose: str, k: int, rng: np.random.Generator) -> tuple[str, int | None]:
    """Azimuth text (degrees from true north, a list for several sensors) and DirectionType."""
    true = grid_azimuth_deg(*mount.aim) + _convergence_deg(mount.at) + rng.normal(0, 1.5)
    heading = round(float(true)) % 360
    octant = DIRECTION_TYPE[round(heading / 45) % 8]
    if pose == "list":
        return f"{heading};{(heading + 90) % 360}", None
    if pose == "known":
        return str(heading), octant if k % 2 else None
    return "", octant if pose == "octant" else None


def _convergence_deg(at: Point) -> float:
    """True minus grid azimuth: (longitude - 108°)·sin(latitude), at the county's place."""
    degrees_east = 0.749 + at.x / 92_400
    return float(degrees_east * np.sin(np.radians(34.05)))
