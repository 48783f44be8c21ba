"""Stored viewsheds: computed by the job, agreeing with sight, marked stale by an edit."""

from typing import Any

import pytest
import shapely
from shapely import Point
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend import db
from backend.cameras import registry, viewsheds
from backend.cameras.schemas import CameraEdit, PoseShape
from backend.cameras.tasks import refresh_viewsheds


def features(camera_id: int) -> dict[str, Any]:
    with db.begin() as session:
        found = viewsheds.features(session, camera_id)["features"]
    return {f["properties"]["sight"]: f for f in found}


def test_open_sector_has_the_area_of_its_circle_sector(land: Any) -> None:
    camera = land.add_camera("北向", 110.0050, 34.5050)
    refresh_viewsheds()
    certain = features(camera)["certain"]
    # A quarter of a circle of 150 m: 17,671.5 m²; arcs are drawn with 5 cm sagitta.
    assert certain["properties"]["area_m2"] == pytest.approx(17671.5, rel=2e-3)
    outline = shapely.from_geojson(str(certain["geometry"]).replace("'", '"'))
    assert outline.covers(Point(110.0050, 34.5060))
    assert not outline.intersects(Point(110.0050, 34.5045))


def test_ground_behind_a_building_is_cut_out(land: Any) -> None:
    camera = land.add_camera("被挡", 110.0107, 34.5100)
    refresh_viewsheds([camera])
    certain = shapely.from_geojson(str(features(camera)["certain"]["geometry"]).replace("'", '"'))
    assert certain.intersects(Point(110.0107, 34.5103))
    assert not certain.intersects(Point(110.0107, 34.5112))


def test_octant_pose_has_possible_ground(land: Any) -> None:
    camera = land.add_camera("八方位", 110.0050, 34.5050)
    land.run("UPDATE poses SET azimuth_error_deg = 22.5")
    refresh_viewsheds([camera])
    found = features(camera)
    # Certain: 90 - 45 degrees of the circle; possible: the other 90 of 135.
    circle = 70685.8
    assert found["certain"]["properties"]["area_m2"] == pytest.approx(circle * 45 / 360, rel=3e-3)
    assert found["possible"]["properties"]["area_m2"] == pytest.approx(circle * 90 / 360, rel=3e-3)


def test_edit_makes_the_viewshed_stale_and_defers_one_job_in_the_same_transaction(
    land: Any,
) -> None:
    camera_id = land.add_camera("北向", 110.0050, 34.5050)
    refresh_viewsheds()
    for azimuth in (10.0, 20.0):
        with db.begin() as session:
            camera = registry.get(session, camera_id)
            registry.edit(session, camera, CameraEdit(poses=[PoseShape(azimuth_deg=azimuth)]))
    jobs = land.run(
        "SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY 1"
    )
    assert jobs == [
        ("gridlink:cameras.refresh_viewsheds", {"camera_ids": [camera_id]}),
        ("gridlink:coverage.refresh", {}),
    ]
    assert features(camera_id)["certain"]["properties"]["status"] == "stale"
    refresh_viewsheds([camera_id])
    assert features(camera_id)["certain"]["properties"]["status"] == "fresh"


def test_edit_that_fails_leaves_neither_row_nor_job(land: Any) -> None:
    camera_id = land.add_camera("北向", 110.0050, 34.5050)
    with pytest.raises(RuntimeError), db.begin() as session:
        registry.edit(session, registry.get(session, camera_id), CameraEdit(name="新名"))
        raise RuntimeError
    assert land.run("SELECT name FROM cameras") == [("北向",)]
    assert land.run("SELECT count(*) FROM procrastinate_jobs") == [(0,)]


def test_refreshes_take_turns_so_that_older_poses_are_never_stored_over_newer(land: Any) -> None:
    with db.begin() as first, db.begin() as second:
        viewsheds.refresh(first, [])
        second.execute(text("SET LOCAL lock_timeout = '200ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            viewsheds.refresh(second, [])
        second.rollback()
