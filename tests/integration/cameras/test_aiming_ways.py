"""Ways of heads: round what is forbidden, tours led by devices, at home or not, for whom."""

import math
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from backend import db
from backend.cameras.aiming.homing import is_home
from backend.cameras.aiming.sweeping import sweep
from backend.cameras.health import orders, planning
from video.packager import KeyPicture

from .test_aiming import PURPOSE, calibrated, forbid, heads, running, stop_heads, with_heads

__all__ = ["heads", "running"]  # fixtures


def look(client, camera: int, azimuth: float, tilt: float = 5.0, fov: float = 20.0):
    direction = {"azimuth_deg": azimuth, "tilt_deg": tilt, "fov_deg": fov}
    order = {"direction": direction, **PURPOSE}
    return client.post(f"/api/cameras/{camera}/ptz/move", json=order)


def preset(client, camera: int, name: str, azimuth: float, tilt: float = 5.0) -> int:
    assert look(client, camera, azimuth, tilt).status_code == 200
    made = client.post(f"/api/cameras/{camera}/ptz/presets", json={"name": name, **PURPOSE})
    assert made.status_code == 201, made.text
    return made.json()["id"]


class Witness:
    """Notes where a simulated head looks while it moves, every hundredth of a second."""

    def __init__(self, device) -> None:
        self.device, self.views, self._over = device, [], threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Witness":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.views.append(self.device.true_view())

    def sees(self, azimuth: float, low_deg: float, high_deg: float) -> int:
        """How many pictures showed a direction of that azimuth, at elevations low to high."""
        count = 0
        for view in self.views:
            half = view.fov_deg / 2.0
            down = math.degrees(math.atan(math.tan(math.radians(half)) * 9 / 16))
            beside = abs((view.azimuth_deg - azimuth + 180.0) % 360.0 - 180.0)
            below, above = view.elevation_deg - down, view.elevation_deg + down
            count += beside < half and below < high_deg and above > low_deg
        return count


@with_heads("geo")
def test_on_the_way_between_two_lawful_views_a_head_goes_round_a_forbidden_area(
    client, heads
) -> None:
    admin, camera = client("admin"), heads.ids["geo"]
    assert look(admin, camera, 40.0).status_code == 200
    # The spot lies 60 m east of this head, 10 m lower: the area over it 12 m wide, 30 m high.
    forbid(heads.land, 0.0, 0.0)
    with Witness(heads.device("geo")) as witness:
        moved = look(admin, camera, 140.0)
    assert moved.status_code == 200, moved.text
    assert moved.json()["view"]["azimuth_deg"] == pytest.approx(140.0, abs=0.5)
    # It did turn past the east, and showed nothing of the area there: -10 to 21 degrees up.
    assert any(abs(view.azimuth_deg - 90.0) < 20.0 for view in witness.views)
    assert witness.sees(90.0, -9.5, 20.0) == 0


def test_a_turn_of_more_than_half_goes_in_parts_when_the_other_way_is_forbidden(
    client, heads
) -> None:
    admin, camera = client("admin"), heads.ids["spherical"]
    assert look(admin, camera, 120.0).status_code == 200
    forbid(heads.land, 0.0, 0.0)  # south of this head: a head without end stops would go that way
    with Witness(heads.device("spherical")) as witness:
        assert look(admin, camera, 240.0).status_code == 200
    # Between the parts it stood: a good while at one azimuth of the north.
    still = [v.azimuth_deg for v in witness.views if min(v.azimuth_deg, 360 - v.azimuth_deg) < 70]
    assert max(still.count(azimuth) for azimuth in set(still)) > 5


def test_a_fence_from_bottom_to_top_is_not_passed_and_the_head_stays(client, heads) -> None:
    admin, camera = client("admin"), heads.ids["spherical"]
    assert look(admin, camera, 120.0).status_code == 200
    for name, azimuth in (("南", 170.0), ("北", 350.0)):
        mask = {"name": name, "from_deg": azimuth, "to_deg": (azimuth + 20.0) % 360.0}
        path = f"/api/cameras/{camera}/ptz/masks"
        assert admin.post(path, json=mask).status_code == 201
    refused = look(admin, camera, 240.0)
    assert refused.json()["error"]["code"] == "ptz.way_forbidden"
    assert heads.device("spherical").true_view().azimuth_deg == pytest.approx(120.0, abs=0.5)


@with_heads("presets")
def test_a_head_that_tells_no_position_is_judged_all_round(client, heads) -> None:
    admin, camera = client("admin"), heads.ids["presets"]
    path = f"/api/cameras/{camera}/ptz/presets"
    made = []
    for name, azimuth in (("东", 90.0), ("西", 270.0)):
        body = {"name": name, "azimuth_deg": azimuth, "tilt_deg": 8.0, "fov_deg": 20.0, **PURPOSE}
        made.append(admin.post(path, json=body).json()["id"])
    assert admin.post(f"{path}/{made[0]}/goto", json=PURPOSE).status_code == 200
    forbid(heads.land, 0.0, 0.0)  # 60 m north of this head
    refused = admin.post(f"{path}/{made[1]}/goto", json=PURPOSE)
    assert refused.json()["error"]["code"] == "ptz.way_forbidden"
    assert admin.post(f"{path}/{made[0]}/goto", json=PURPOSE).status_code == 200


@with_heads("geo")
def test_a_tour_is_handed_to_the_device_that_can_run_it_and_taken_back_by_any_hand(
    client, heads
) -> None:
    admin, operator, camera = client("admin"), client("operator"), heads.ids["geo"]
    stops = [
        {"preset_id": preset(operator, camera, name, azimuth), "dwell_s": 20}
        for name, azimuth in (("甲", 30.0), ("乙", 60.0))
    ]
    path = f"/api/cameras/{camera}/ptz"
    tour = operator.post(f"{path}/tours", json={"name": "早巡", "stops": stops}).json()
    operator.post(f"{path}/tours/{tour['id']}/start", json=PURPOSE)
    now = datetime.now(UTC)
    sweep(now + timedelta(seconds=1))
    device = heads.device("geo").head
    assert device.touring is not None
    [shown] = operator.get(path).json()["tours"]
    assert (shown["in_device"], shown["on_device"], shown["is_running"]) == (True, True, True)
    sweep(now + timedelta(seconds=12))
    assert operator.get(path).json()["position"]["method"] == "tour"
    # Somebody locks it: the tour rests, and begins anew when the lock has run out.
    assert admin.post(f"{path}/lock", json={"seconds": 60, **PURPOSE}).status_code == 200
    sweep(now + timedelta(seconds=14))
    assert device.touring is None
    sweep(now + timedelta(seconds=20))
    assert device.touring is None
    sweep(now + timedelta(seconds=100))
    assert device.touring is not None
    # A drag by hand ends it at once.
    heads.land.run("DELETE FROM ptz_locks")
    drag = {"picture": {"dx": 0.5, "dy": 0.0}, **PURPOSE}
    assert admin.post(f"{path}/move", json=drag).status_code == 200
    assert device.touring is None
    assert operator.get(path).json()["tours"][0]["on_device"] is False
    assert operator.delete(f"{path}/tours/{tour['id']}").status_code == 204
    assert device.tours == {}


@with_heads("geo")
def test_a_device_does_not_run_a_tour_that_passes_what_is_forbidden(client, heads) -> None:
    operator, camera = client("operator"), heads.ids["geo"]  # looks east at the spot
    stops = [
        {"preset_id": preset(operator, camera, name, azimuth), "dwell_s": 20}
        for name, azimuth in (("甲", 40.0), ("乙", 140.0))
    ]
    forbid(heads.land, 0.0, 0.0)
    path = f"/api/cameras/{camera}/ptz"
    tour = operator.post(f"{path}/tours", json={"name": "早巡", "stops": stops}).json()
    operator.post(f"{path}/tours/{tour['id']}/start", json=PURPOSE)
    now = datetime.now(UTC)
    with Witness(heads.device("geo")) as witness:
        sweep(now + timedelta(seconds=1))
        sweep(now + timedelta(seconds=22))
    assert heads.device("geo").head.touring is None
    assert heads.device("geo").true_view().azimuth_deg == pytest.approx(140.0, abs=0.5)
    assert witness.sees(90.0, -9.5, 20.0) == 0


@with_heads("geo")
def test_tours_a_device_keeps_are_taken_over_with_their_presets(client, heads) -> None:
    admin, device = client("admin"), heads.device("geo").head
    from video.simulator.ptz import Tour

    tokens = [device.remember(name, time.monotonic()) for name in ("一", "二")]
    device.tours["own"] = Tour("夜巡", [(token, 7.0) for token in tokens])
    shown = admin.post(f"/api/cameras/{heads.ids['geo']}/ptz/refresh").json()
    [tour] = shown["tours"]
    assert (tour["name"], [s["dwell_s"] for s in tour["stops"]]) == ("夜巡", [7, 7])
    assert (tour["in_device"], tour["is_running"], shown["can"]["tours_itself"]) == (
        True,
        False,
        True,
    )
    device.tours.clear()


@with_heads("generic")
def test_a_planner_turns_heads_to_calibrate_them_and_for_nothing_else(client, heads) -> None:
    planner, camera = client("planner"), heads.ids["generic"]
    path = f"/api/cameras/{camera}/ptz"
    order = {"picture": {"dx": 0.3, "dy": 0.0}}
    refused = planner.post(f"{path}/move", json={**order, **PURPOSE})
    assert refused.json()["error"]["code"] == "streams.purpose_unknown"
    calibrate = {"purpose": "calibration"}
    assert planner.post(f"{path}/move", json={**order, **calibrate}).status_code == 200
    told = planner.post(f"{path}/position").json()
    state = heads.device("generic").head.position(time.monotonic())
    assert (told["pan"], told["azimuth_deg"]) == (pytest.approx(state.pan, abs=1e-3), None)
    calibrated(planner, heads)
    assert planner.post(f"{path}/position").json()["azimuth_deg"] is not None
    acts = heads.land.run("SELECT DISTINCT purpose FROM register WHERE act LIKE 'ptz.moved'")
    assert acts == [("calibration",)]


@with_heads("presets")
def test_a_head_that_tells_no_position_says_so(client, heads) -> None:
    asked = client("admin").post(f"/api/cameras/{heads.ids['presets']}/ptz/position")
    assert asked.json()["error"]["code"] == "ptz.no_position"


def test_tours_and_masked_sectors_are_changed_and_shown_on_the_map(client, heads) -> None:
    admin, camera = client("admin"), heads.ids["spherical"]
    path = f"/api/cameras/{camera}/ptz"
    ids = [preset(admin, camera, name, az) for name, az in (("甲", 30.0), ("乙", 60.0))]
    tour = {"name": "早巡", "stops": [{"preset_id": one, "dwell_s": 20} for one in ids]}
    made = admin.post(f"{path}/tours", json=tour).json()
    change = {"name": "晚巡", "stops": [{"preset_id": one, "dwell_s": 60} for one in ids[::-1]]}
    changed = admin.patch(f"{path}/tours/{made['id']}", json=change).json()
    assert (changed["name"], changed["stops"][0]) == ("晚巡", change["stops"][0])
    box = {"west": 109.9, "south": 34.4, "east": 110.1, "north": 34.6}
    [drawn] = admin.get("/api/cameras/ptz/views", params=box).json()["tours"]
    assert drawn["name"] == "晚巡"
    assert drawn["azimuths_deg"] == pytest.approx([60.0, 30.0], abs=0.5)
    mask = {"name": "窗口", "from_deg": 80.0, "to_deg": 100.0}
    kept = admin.post(f"{path}/masks", json=mask).json()
    wider = {**mask, "from_deg": 70.0, "top_deg": -10.0, "bottom_deg": 30.0}
    assert admin.put(f"{path}/masks/{kept['id']}", json=wider).json()["from_deg"] == 70.0
    assert admin.get(path).json()["masks"] == [{**wider, "id": kept["id"]}]
    assert admin.put(f"{path}/masks/999999", json=wider).status_code == 404


def test_a_head_is_at_home_once_it_has_gone_there_and_until_somebody_turns_it(
    client, heads
) -> None:
    admin, camera = client("admin"), heads.ids["spherical"]
    home = preset(admin, camera, "看守", 200.0)
    admin.patch(f"/api/cameras/{camera}/ptz", json={"home_preset_id": home, "home_after_s": 60})

    def at_home(after_s: float) -> bool:
        with db.begin() as session:
            return is_home(session, camera, datetime.now(UTC) + timedelta(seconds=after_s))

    assert at_home(60.0)  # it stands where the preset was kept
    assert not at_home(-60.0)  # of pictures received before nothing is known
    assert look(admin, camera, 120.0).status_code == 200
    assert not at_home(60.0)
    stop_heads(heads)
    assert sweep(datetime.now(UTC) + timedelta(seconds=90)) == 1
    heads.land.run("UPDATE ptz_positions SET moved_at = now()")
    assert at_home(60.0)
    assert not at_home(1.0)  # the picture still settles


def test_health_judges_the_view_of_a_head_at_home_alone_and_forgets_a_former_home(
    client, heads
) -> None:
    admin, camera = client("admin"), heads.ids["spherical"]
    away = preset(admin, camera, "路口", 120.0)
    home = preset(admin, camera, "看守", 200.0)
    path = f"/api/cameras/{camera}/ptz"
    with db.begin() as session:
        planning.take_in_new(session, datetime.now(UTC))

    def order(after_s: float):
        at_ms = (time.time() + after_s) * 1000.0
        with db.begin() as session:
            made = orders.order_of(session, camera, KeyPicture("h264", b"", at_ms))
        assert made is not None
        return made

    assert order(60.0).turns  # no home view is set
    assert admin.patch(path, json={"home_preset_id": home}).status_code == 200
    assert not order(60.0).turns
    assert order(60.0).fov_deg == pytest.approx(20.0, abs=0.2)
    heads.land.run(
        "INSERT INTO camera_references (camera_id, light, features) VALUES (%s, 'day', '')", camera
    )
    assert admin.patch(path, json={"home_after_s": 60}).status_code == 200
    assert list(order(60.0).references) == ["day"]
    assert admin.patch(path, json={"home_preset_id": away}).status_code == 200
    assert list(order(60.0).references) == []
    assert order(60.0).turns
