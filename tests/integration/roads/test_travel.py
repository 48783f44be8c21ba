"""Travel times: on the roads as an independent search finds them, else a straight line so named."""

import json
from pathlib import Path

import numpy as np
import psycopg
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from sqlalchemy import text

from backend import db
from backend.basemap import network, routing
from backend.dispatch.travel import Origin, travel_times
from backend.exchange.pipeline import ImportOrder, run_import

ROOT = Path(__file__).resolve().parents[3]
COUNTY = ROOT / "data" / "shapefiles" / "roads" / "roads.shp"
STREETS = ROOT.parent / "shared" / "data" / "sf" / "streets" / "stclines_streets.shp"
# On the sphere: lengths on the ellipsoid differ by up to 3 in 1,000.
METRES_PER_DEGREE_OF_LON = 111_195 * np.cos(np.radians(34.52))


def build() -> network.Built:
    with db.begin() as session:
        return network.build(session)


def journeys(origins: list[Origin], target: tuple[float, float]) -> list:
    with db.begin() as session:
        return travel_times(session, origins, target)


def test_without_a_network_the_line_is_straight_and_says_so(land) -> None:
    (told,) = journeys([Origin(110.01, 34.52, "car")], (110.02, 34.52))
    assert (told.how, told.why) == ("straight", "no_network")
    assert told.travel_m == pytest.approx(0.01 * METRES_PER_DEGREE_OF_LON, rel=1e-3)
    assert told.travel_s == pytest.approx(told.travel_m / 5)  # a car on roads of no known class


def test_without_pgrouting_the_line_is_straight_and_says_so(land) -> None:
    build()
    land.run("DROP EXTENSION pgrouting")
    (told,) = journeys([Origin(110.01, 34.52, "foot")], (110.02, 34.52))
    assert (told.how, told.why) == ("straight", "no_pgrouting")


def test_along_the_one_road_it_is_its_length_at_the_speed_of_its_class(land) -> None:
    assert build().edges == 1
    (told,) = journeys([Origin(110.01, 34.52, "car")], (110.03, 34.52))
    assert (told.how, told.why) == ("roads", None)
    assert told.travel_m == pytest.approx(0.02 * METRES_PER_DEGREE_OF_LON, rel=3e-3)
    assert told.travel_s == pytest.approx(told.travel_m / 13)  # a county road


def test_to_the_road_and_from_it_one_walks(land) -> None:
    build()
    beside = 100 / 111_195  # metres north of the road
    (told,) = journeys([Origin(110.01, 34.52 + beside, "car")], (110.03, 34.52 - beside))
    on_road_m = 0.02 * METRES_PER_DEGREE_OF_LON
    assert told.travel_m == pytest.approx(on_road_m + 200, rel=3e-3)
    assert told.travel_s == pytest.approx(on_road_m / 13 + 200 / 1.3, rel=3e-3)


def test_each_vehicle_has_its_own_time_in_the_order_asked(land) -> None:
    build()
    ways = ["car", "foot", "ebike", "car"]
    told = journeys(
        [Origin(110.01 + 0.002 * n, 34.52, v) for n, v in enumerate(ways)], (110.05, 34.52)
    )
    seconds_per_m = [one.travel_s / one.travel_m for one in told]
    assert seconds_per_m == pytest.approx([1 / 13, 1 / 1.3, 1 / 5.5, 1 / 13])
    assert told[0].travel_m > told[1].travel_m > told[2].travel_m > told[3].travel_m


def test_far_from_any_road_it_is_straight_on_either_side(land) -> None:
    build()
    far = 34.52 + 600 / 111_195
    off, target_off = (
        journeys([Origin(110.01, far, "foot")], (110.03, 34.52))[0],
        journeys([Origin(110.01, 34.52, "foot")], (110.03, far))[0],
    )
    assert (off.how, off.why) == ("straight", "off_road")
    assert (target_off.how, target_off.why) == ("straight", "target_off_road")


def test_two_who_stand_together_off_the_road_do_not_go_there_and_back(land) -> None:
    build()
    yard = 34.52 + 300 / 111_195
    (told,) = journeys([Origin(110.01, yard, "car")], (110.0101, yard))
    assert (told.how, told.why) == ("straight", "near")
    assert told.travel_m == pytest.approx(9.2, abs=0.2)


def test_at_the_very_spot_the_way_is_nothing(land) -> None:
    build()
    (told,) = journeys([Origin(110.01, 34.52, "car")], (110.01, 34.52))
    assert (told.travel_s, told.travel_m) == pytest.approx((0, 0), abs=0.1)


def test_roads_that_do_not_hang_together_are_told_apart(land) -> None:
    land.run(
        "INSERT INTO roads (set_name, road_class, geom) VALUES ('land', 'town', ST_Multi("
        "ST_GeomFromText('LINESTRING(110 34.53, 110.16 34.53)', 4326)))"
    )
    assert build().parts == 2
    (told,) = journeys([Origin(110.01, 34.53, "car")], (110.03, 34.52))
    assert (told.how, told.why) == ("straight", "apart")


def test_nobody_starts_on_a_scrap_of_road_that_leads_nowhere(land) -> None:
    land.run(  # 200 m of yard, 200 m north of the road
        "INSERT INTO roads (set_name, road_class, geom) VALUES ('land', 'lane', ST_Multi("
        "ST_GeomFromText('LINESTRING(110.01 34.5218, 110.012 34.5218)', 4326)))"
    )
    build()
    (told,) = journeys([Origin(110.011, 34.5218, "car")], (110.03, 34.52))
    assert told.how == "roads"


def test_a_network_follows_an_import_by_a_job_and_a_change_by_a_sweep(land) -> None:
    with db.begin() as session:
        assert network.is_old(session)
    build()
    with db.begin() as session:
        assert not network.is_old(session)
    run_import(ImportOrder(kind="roads", path=COUNTY, file_name="roads.shp"))
    waiting = land.run(
        "SELECT task_name FROM procrastinate_jobs WHERE queueing_lock = %s", "roads.network"
    )
    assert waiting == [("gridlink:basemap.build_network",)]
    with db.begin() as session:
        assert network.is_old(session)


def test_the_nearest_edge_is_found_by_its_index(land) -> None:
    build()
    land.run(
        "INSERT INTO road_edges SELECT n, 0, 1, 1, 'lane', 10, 0, 5000, ST_SetSRID("
        "ST_MakeLine(ST_Point(110 + n * 1e-5, 34.4), ST_Point(110 + n * 1e-5, 34.41)), 4326)"
        " FROM generate_series(1000, 6000) n"
    )
    land.run("ANALYZE road_edges")
    snap = routing._question("roads_snap").text
    with psycopg.connect(land.url) as connection:
        connection.execute("SET ROLE gridlink_app")
        values = {
            "lons": "'{110.01}'",
            "lats": "'{34.5}'",
            "least_part_m": "1000",
            "off_road_m": "500",
            "metres": "111195",
        }
        for name, value in values.items():
            snap = snap.replace(f":{name}", value)
        plan = json.dumps(connection.execute(f"EXPLAIN (FORMAT json) {snap}").fetchone())
        assert "road_edges_geom_idx" in plan
        spot = routing.Snap(1, 0.5, 0.0, 0, 110.01, 34.52)
        inner = routing.edges_within("car", [spot], 1.0)
        plan = json.dumps(connection.execute(f"EXPLAIN (FORMAT json) {inner}").fetchone())
        assert "road_edges_geom_idx" in plan


# --- against another search ------------------------------------------------------------------


class Peer:
    """Dijkstra by scipy over the stored edges; a spot joins both ends of its edge."""

    def __init__(self, session, vehicle: str) -> None:
        rows = session.execute(
            text(
                "SELECT e.id, e.source, e.target, e.length_m, s.speed_mps FROM road_edges e"
                " JOIN road_speeds s USING (road_class) WHERE s.vehicle = :v ORDER BY e.id"
            ),
            {"v": vehicle},
        ).all()
        self.edge, source, target, length_m, speed = (np.array(c) for c in zip(*rows, strict=True))
        self.ends, self.cost = np.stack([source, target], axis=1), length_m / speed
        count = int(self.ends.max()) + 1
        best: dict[tuple[int, int], float] = {}
        for a, b, cost in zip(source.tolist(), target.tolist(), self.cost.tolist(), strict=True):
            if a != b:
                key = (min(a, b), max(a, b))
                best[key] = min(best.get(key, np.inf), cost)
        a, b = np.array(list(best)).T
        self.graph = coo_array((list(best.values()), (a, b)), shape=(count, count)).tocsr()

    def seconds(self, start: routing.Snap, ends: list[routing.Snap]) -> list[float]:
        row = int(np.searchsorted(self.edge, start.edge_id))
        both = dijkstra(self.graph, directed=False, indices=self.ends[row])
        lead = self.cost[row] * np.array([start.fraction, 1 - start.fraction])
        reach = (both + lead[:, None]).min(axis=0)
        found = []
        for end in ends:
            at = int(np.searchsorted(self.edge, end.edge_id))
            tail = self.cost[at] * np.array([end.fraction, 1 - end.fraction])
            best = float((reach[self.ends[at]] + tail).min())
            if at == row:
                best = min(best, self.cost[at] * abs(end.fraction - start.fraction))
            found.append(best)
        return found


def compare(path: Path, vehicle: str, spots: int) -> None:
    run_import(ImportOrder(kind="roads", path=path, file_name=path.name, accepts_partial=True))
    build()
    rng = np.random.default_rng(7)
    with db.begin() as session:
        nodes = np.array(
            session.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM road_nodes ORDER BY id")).all()
        )
        picked = nodes[rng.integers(0, len(nodes), spots)] + rng.normal(0, 2e-4, (spots, 2))
        snaps = [s for s in routing.snap(session, [tuple(p) for p in picked.tolist()]) if s]
        main = [s for s in snaps if s.part == 0]
        assert len(main) > 0.9 * spots
        peer = Peer(session, vehicle)
        for start in main[:3]:
            told = [way.travel_s for way in routing.ways(session, vehicle, start, main) if way]
            assert told == pytest.approx(peer.seconds(start, main), rel=1e-5, abs=0.01)


def test_the_county_s_times_are_those_of_another_search(database: str) -> None:
    compare(COUNTY, "motorcycle", 60)


@pytest.mark.realdata
@pytest.mark.skipif(not STREETS.exists(), reason="../shared/data is not here")
def test_san_francisco_s_times_are_those_of_another_search(database: str) -> None:
    compare(STREETS, "car", 60)


def test_of_many_units_in_a_dense_town_the_farther_ones_are_told_as_far(land, monkeypatch) -> None:
    build()
    monkeypatch.setattr(routing, "MOST_EDGES", 0)
    monkeypatch.setattr(routing, "LEAST_SOUGHT", 2)
    origins = [Origin(110.01 + 0.01 * n, 34.52, "car") for n in range(4, -1, -1)]
    told = journeys(origins, (110.0, 34.52))
    assert [one.how for one in told] == ["straight"] * 3 + ["roads"] * 2
    assert [one.why for one in told] == ["far"] * 3 + [None] * 2
