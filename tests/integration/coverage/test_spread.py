"""A count shared out gives the same bits: threads, a cluster of processes, files or database."""

import os
import signal
import threading

import numpy as np
import pytest

from backend import db
from backend.coverage.spread.partitions import count_part, key_of, townships_of
from backend.coverage.spread.sharing import spread
from backend.coverage.spread.stock import DatabaseSource, FileSource, NotExported, write_files
from gis.rastercover import raster_figures

PARTS = ("total", "certain", "possible", "one", "more")


@pytest.fixture
def watched(land):
    """Twelve cameras along the road of the county, some near the border of two townships."""
    rng = np.random.default_rng(3)
    for k in range(12):
        lon, lat = 110.034 + 0.001 * k, 34.52 + float(rng.uniform(-0.001, 0.001))
        land.add_camera(f"camera {k}", lon, lat)
    land.run(
        "UPDATE poses SET azimuth_deg = (camera_id * 77) % 360",
    )
    for k in range(30):
        lon, lat = 110.033 + 0.0005 * k, 34.5203 + 0.0004 * (k % 3)
        land.run(
            "INSERT INTO buildings (set_name, height_m, geom) VALUES ('land', %s,"
            " ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
            *(4 + k, lon, lat, lon + 0.0002, lat + 0.0002),
        )
    return land


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes on loopback; a killed one is started again."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_port=0,
    ) as running:
        yield running


def keyed(rows):
    return {
        (row["subject_kind"], row["subject_id"], row["measure"], row["px_per_m"]): tuple(
            row[part] for part in PARTS
        )
        for row in rows
    }


def test_a_count_by_townships_is_the_count_of_the_whole(watched, tmp_path) -> None:
    from backend.cameras import lookout
    from backend.coverage import subjects
    from gis.density import PLANNING_PX_PER_M

    rows = keyed(spread(DatabaseSource(), tmp_path / "counts"))
    with db.begin() as session:
        watch, scene = lookout.current(session)
        held = subjects.current(session, scene.frame, scene.obstacles)
    whole = raster_figures(
        scene.obstacles, watch.poses, held.shapes, px_per_m=PLANNING_PX_PER_M, threads=2
    )
    assert len(townships_of(DatabaseSource())) > 1
    seen = 0.0
    for s, (kind, number) in enumerate(zip(held.kinds, held.ids, strict=True)):
        for b, px in enumerate(PLANNING_PX_PER_M):
            told = rows[str(kind), int(number), "area", px]
            assert told == (whole.totals[0, s], *whole.seen[0, s, b])
            seen += told[1]
    assert seen > 1000.0


def test_two_processes_give_the_bits_of_the_embedded_count(watched, cluster, tmp_path) -> None:
    write_files(tmp_path / "export")
    files = FileSource(tmp_path / "export")
    here = spread(files, tmp_path / "here")
    there = spread(files, tmp_path / "there", scheduler=cluster.scheduler_address)
    database = spread(DatabaseSource(), tmp_path / "database")
    assert here == there == database


def test_a_count_goes_on_where_it_was_broken_off(watched, tmp_path) -> None:
    source, counts, counted = DatabaseSource(), tmp_path / "counts", []

    def stop_after_one(done: int, every: int, is_new: bool) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        spread(source, counts, progress=stop_after_one)
    rows = spread(source, counts, progress=lambda d, n, is_new: counted.append(is_new))
    assert counted.count(False) >= 1
    again = []
    assert spread(source, counts, progress=lambda d, n, is_new: again.append(is_new)) == rows
    assert not any(again)


def test_a_changed_camera_is_counted_again_in_its_township_alone(watched, tmp_path) -> None:
    source, counts = DatabaseSource(), tmp_path / "counts"
    spread(source, counts)
    watched.run("UPDATE poses SET azimuth_deg = azimuth_deg + 5 WHERE camera_id = 1")
    counted = []
    spread(source, counts, progress=lambda d, n, is_new: counted.append(is_new))
    # It stands 550 m from the border of the townships and sees 150 m.
    assert counted.count(True) == 1


def test_the_work_of_a_killed_worker_is_done_by_another(watched, cluster, tmp_path) -> None:
    write_files(tmp_path / "export")
    files = FileSource(tmp_path / "export")
    here = spread(files, tmp_path / "here")
    first = threading.Event()
    victim = next(iter(cluster.workers.values())).pid

    def kill_one(done: int, every: int, is_new: bool) -> None:
        if not first.is_set():
            first.set()
            os.kill(victim, signal.SIGKILL)

    killed = spread(
        files, tmp_path / "there", scheduler=cluster.scheduler_address, progress=kill_one
    )
    assert first.is_set()
    assert killed == here


def test_right_now_leaves_out_what_does_not_work(watched, tmp_path) -> None:
    watched.run("UPDATE cameras SET is_alive = false")
    rows = spread(DatabaseSource(), tmp_path / "counts", reading="now")
    assert sum(row["certain"] + row["possible"] for row in rows) == 0.0
    assert sum(row["total"] for row in rows) > 0.0


def test_the_key_of_a_partition_is_the_same_from_files_and_database(watched, tmp_path) -> None:
    write_files(tmp_path / "export")
    files, township = FileSource(tmp_path / "export"), townships_of(DatabaseSource())[0]
    keys = {
        key_of(source.rule(), source.near(township, township + 999), "installed")
        for source in (files, DatabaseSource())
    }
    assert len(keys) == 1
    part = count_part(files, township, "installed", frozenset(keys))
    assert part.figures is None


def test_a_folder_without_an_export_is_refused(tmp_path) -> None:
    with pytest.raises(NotExported, match="coverage export"):
        FileSource(tmp_path).rule()
