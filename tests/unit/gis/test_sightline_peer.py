"""The sightline against an independent exact peer: shapely's intersection of line and footprint."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely import affinity
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from gis.obstacles import build_obstacles
from gis.sight import PoseColumns, Reason, Verdict, build_poses, seeing
from gis.sightline import Spot, sightline, sightlines

# Pieces of a line shorter than this, or roofs nearer to the line than this, are left undecided:
# the peer and the kernel round differently there.
BAND_M = 1e-6


def peer_hits(footprints, heights, camera, target):
    """Blocking buildings with the distance and clearance of each, by shapely alone."""
    line = LineString([camera[:2], target[:2]])
    hits, band = {}, math.inf
    for index, footprint in enumerate(footprints):
        if not footprint.intersects(line):
            continue
        shared = shapely.get_parts(line.intersection(footprint))
        for piece in shared:
            if piece.length <= BAND_M:
                continue
            middle = piece.interpolate(0.5, normalized=True)
            if footprint.boundary.distance(middle) <= BAND_M:
                continue
            ends = sorted(line.project(Point(p)) for p in (piece.coords[0], piece.coords[-1]))
            z = [camera[2] + (target[2] - camera[2]) * s / line.length for s in ends]
            over = min(z) - heights[index]
            band = min(band, abs(over))
            if over < 0.0 and index not in hits:
                share = (camera[2] - heights[index]) / ((camera[2] - target[2]) or 1.0)
                hits[index] = ends[0] if z[0] < heights[index] else share * line.length
            elif over < 0.0:
                hits[index] = min(hits[index], ends[0])
    return hits, band


def random_town(rng, side=12, cell=30.0):
    """Interior-disjoint turned boxes, L-shapes, courtyards and two-part buildings."""
    footprints = []
    for i in range(side * side):
        x, y = (i % side) * cell, (i // side) * cell
        w, h = rng.uniform(6, 20, 2)
        kind = rng.integers(0, 4)
        shape = box(-w / 2, -h / 2, w / 2, h / 2)
        if kind == 1:
            shape = shape.difference(box(0, 0, w, h))
        elif kind == 2:
            shape = shape.difference(box(-w / 4, -h / 4, w / 4, h / 4))
        elif kind == 3:
            shape = MultiPolygon([box(-w / 2, -h / 2, -1, h / 2), box(1, -h / 2, w / 2, h / 2)])
        turned = affinity.rotate(shape, rng.uniform(0, 90), origin=(0, 0))
        footprints.append(affinity.translate(turned, x, y))
    return footprints, rng.uniform(2, 25, len(footprints))


def random_pairs(rng, count, extent):
    ends = rng.uniform(-20, extent, (count, 2, 2))
    cameras = np.column_stack([ends[:, 0], rng.uniform(2, 30, count)])
    targets = np.column_stack([ends[:, 1], rng.uniform(0, 12, count)])
    return cameras, targets


@pytest.mark.parametrize("seed", [1, 2])
def test_two_thousand_random_pairs_agree_with_shapely(seed):
    rng = np.random.default_rng(seed)
    footprints, heights = random_town(rng)
    scene = build_obstacles(footprints, heights, range(len(footprints)), cell_m=17.0)
    cameras, targets = random_pairs(rng, 2000, 380)
    ours = sightlines(scene, cameras, targets)
    undecided = 0
    for i in range(len(cameras)):
        hits, band = peer_hits(footprints, heights, cameras[i], targets[i])
        if band <= BAND_M:
            undecided += 1
            continue
        assert ours.is_visible[i] == (not hits), (cameras[i], targets[i], hits)
        if hits:
            first = min(hits, key=hits.__getitem__)
            assert ours.blocked_by[i] == first
            assert ours.blocked_at_m[i] == pytest.approx(hits[first], abs=1e-5)
    assert undecided <= 2
    # Neither answer is rare, or the comparison would prove little.
    assert 200 < ours.is_visible.sum() < 1800


def test_pairs_on_a_lattice_of_walls_and_corners_agree_with_shapely() -> None:
    # All coordinates are small integers: most lines touch corners, run along walls, or start and
    # end on them. Walls of neighbours coincide.
    rng = np.random.default_rng(3)
    footprints = []
    for x in range(0, 24, 4):
        for y in range(0, 24, 4):
            if rng.random() < 0.5:
                kind = rng.integers(0, 3)
                full = box(x, y, x + 4, y + 4)
                corner = Polygon([(x, y), (x + 4, y), (x, y + 4)])
                court = full.difference(box(x + 1, y + 1, x + 3, y + 3))
                footprints.append([full, corner, court][kind])
    heights = rng.integers(2, 9, len(footprints)).astype(float)
    scene = build_obstacles(footprints, heights, range(len(footprints)), cell_m=4.0)
    pairs = rng.integers(-1, 26, (2000, 4))
    cameras = np.column_stack([pairs[:, :2], rng.uniform(1, 12, len(pairs))])
    targets = np.column_stack([pairs[:, 2:], rng.uniform(0, 5, len(pairs))])
    keep = np.any(pairs[:, :2] != pairs[:, 2:], axis=1)
    ours = sightlines(scene, cameras[keep], targets[keep])
    for i, (camera, target) in enumerate(zip(cameras[keep], targets[keep], strict=True)):
        hits, band = peer_hits(footprints, heights, camera, target)
        if band > BAND_M:
            assert ours.is_visible[i] == (not hits), (camera, target, hits)


def test_rigid_motion_keeps_every_answer() -> None:
    rng = np.random.default_rng(4)
    footprints, heights = random_town(rng, side=6)
    cameras, targets = random_pairs(rng, 500, 200)
    before = sightlines(build_obstacles(footprints, heights, range(36)), cameras, targets)
    turn = [math.cos(1.0), -math.sin(1.0), math.sin(1.0), math.cos(1.0), 1234.5, -987.25]
    moved = [affinity.affine_transform(f, turn) for f in footprints]
    rotation = np.array([turn[:2], turn[2:4]])
    for rows in (cameras, targets):
        rows[:, :2] = rows[:, :2] @ rotation.T + turn[4:]
    after = sightlines(build_obstacles(moved, heights, range(36)), cameras, targets)
    assert np.array_equal(before.is_visible, after.is_visible)
    assert np.array_equal(before.blocked_by, after.blocked_by)
    # Coordinates near 1 km round at 1e-13 m; a grazing wall magnifies that a thousandfold at most.
    np.testing.assert_allclose(before.blocked_at_m, after.blocked_at_m, atol=1e-7)


def test_one_more_building_never_shows_more() -> None:
    rng = np.random.default_rng(5)
    footprints, heights = random_town(rng, side=6)
    cameras, targets = random_pairs(rng, 500, 200)
    fewer = sightlines(build_obstacles(footprints[:30], heights[:30], range(30)), cameras, targets)
    more = sightlines(build_obstacles(footprints, heights, range(36)), cameras, targets)
    assert not np.any(more.is_visible & ~fewer.is_visible)
    assert np.any(fewer.is_visible & ~more.is_visible)


def test_both_doors_give_the_same_answer() -> None:
    rng = np.random.default_rng(6)
    footprints, heights = random_town(rng, side=5)
    scene = build_obstacles(footprints, heights, range(25))
    cameras, targets = random_pairs(rng, 100, 150)
    many = sightlines(scene, cameras, targets)
    for i in range(100):
        one = sightline(scene, Spot(*cameras[i]), Spot(*targets[i]))
        assert one.is_visible == many.is_visible[i]
        assert one.cause == many.cause[i]
        assert one.clearance_m == many.clearance_m[i]
        assert (-1 if one.blocked_by is None else one.blocked_by) == many.blocked_by[i]


def expected_field(pose, target):
    """Verdict of the field alone: is the target in it for all, for some, for no allowed pose?"""
    bearing = math.degrees(math.atan2(target[0] - pose["x"], target[1] - pose["y"])) % 360.0
    # By trial, not by the rule under test: the extreme poses the stated errors allow.
    inside = []
    for turn in np.linspace(-pose["error"], pose["error"], 201):
        for field in (pose["fov"] - pose["fov_error"], pose["fov"] + pose["fov_error"]):
            off = abs((bearing - pose["azimuth"] - turn + 540.0) % 360.0 - 180.0)
            inside.append(off <= field / 2.0)
    return Verdict.CERTAIN if all(inside) else Verdict.POSSIBLE if any(inside) else Verdict.BLOCKED


@pytest.mark.parametrize("seed", [7, 8])
def test_certain_is_a_promise_and_no_seeing_camera_is_left_out(seed):
    rng = np.random.default_rng(seed)
    footprints, heights = random_town(rng, side=8)
    scene = build_obstacles(footprints, heights, range(64))
    count = 150
    columns = {
        "x": rng.uniform(-20, 250, count),
        "y": rng.uniform(-20, 250, count),
        "height_m": rng.uniform(3, 30, count),
        "azimuth_deg": rng.uniform(0, 360, count),
        "fov_deg": rng.uniform(20, 200, count),
        "range_m": rng.uniform(40, 200, count),
        "azimuth_error_deg": rng.choice([0.0, 5.0, 22.5], count),
        "fov_error_deg": rng.choice([0.0, 4.0], count),
    }
    poses = build_poses(PoseColumns(np.arange(count), **columns))
    tally = {verdict: 0 for verdict in Verdict}
    for x, y in rng.uniform(-20, 250, (40, 2)):
        seen = seeing(poses, scene, None, x, y, search_radius_m=0.0)
        answers = {int(p): row for row, p in enumerate(seen.pose)}
        for p in range(count):
            camera = (columns["x"][p], columns["y"][p], columns["height_m"][p])
            in_range = math.dist(camera[:2], (x, y)) <= columns["range_m"][p]
            assert (p in answers) == in_range
            if not in_range:
                continue
            verdict = Verdict(seen.verdict[answers[p]])
            tally[verdict] += 1
            hits, _ = peer_hits(footprints, heights, camera, (x, y, 1.5))
            own = [
                i
                for i, shape in enumerate(footprints)
                if heights[i] > camera[2] and shape.contains(Point(camera[:2]))
            ]
            pose = {
                "x": camera[0],
                "y": camera[1],
                "azimuth": columns["azimuth_deg"][p],
                "fov": columns["fov_deg"][p],
                "error": columns["azimuth_error_deg"][p],
                "fov_error": columns["fov_error_deg"][p],
            }
            field = expected_field(pose, (x, y))
            in_own = any(footprints[i].contains(Point(x, y)) for i in own)
            clear = not in_own and not set(hits) - set(own)
            assert seen.line_clear[answers[p]] == clear
            expected = field if clear else Verdict.BLOCKED
            if own and expected is Verdict.CERTAIN:
                expected = Verdict.POSSIBLE
            assert verdict is expected, (p, x, y, Reason(seen.reason[answers[p]]), field, hits)
    assert min(tally.values()) > 20
