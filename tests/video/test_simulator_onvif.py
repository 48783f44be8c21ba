"""Simulated cameras over real ONVIF: onveef as client, and hand-made envelopes for refusals."""

import base64
import hashlib
import io
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import onveef
import pytest
from PIL import Image

from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet, ThreadedFleet
from video.simulator.scenes import read_clock

PASSWORD = "gridlink-sim"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity"
TDS = "http://www.onvif.org/ver10/device/wsdl"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory) -> Iterator[Fleet]:
    clips = str(tmp_path_factory.mktemp("clips"))
    specs = [
        DeviceSpec("cam-ptz", "东街球机", ptz=True, lon=110.25, lat=34.5, elevation_m=330),
        DeviceSpec("cam-wsse", auth="wsse"),
        DeviceSpec("cam-digest", auth="http_digest"),
        DeviceSpec("cam-265", codec="h265", main_size=(640, 360), clip_folder=clips),
        DeviceSpec("cam-fault"),
    ]
    with ThreadedFleet(specs) as running:
        yield running


def client(fleet: Fleet, camera: str, password: str = PASSWORD, **options) -> onveef.OnvifClient:
    return onveef.OnvifClient(
        fleet.onvif_url(camera), username="admin", password=password, **options
    )


def token_header(
    *, password: str = PASSWORD, nonce: bytes | None = None, ahead_s: float = 0
) -> str:
    nonce = nonce or secrets.token_bytes(16)
    created = (datetime.now(UTC) + timedelta(seconds=ahead_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha1(nonce + created.encode() + password.encode()).digest()
    return (
        f'<w:Security xmlns:w="{WSSE}-secext-1.0.xsd" xmlns:u="{WSSE}-utility-1.0.xsd">'
        "<w:UsernameToken><w:Username>admin</w:Username>"
        f"<w:Password>{base64.b64encode(digest).decode()}</w:Password>"
        f"<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce>"
        f"<u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
    )


def call(fleet: Fleet, camera: str, name: str, header: str = "", **options) -> httpx.Response:
    body = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
        f'<s:Header>{header}</s:Header><s:Body><t:{name} xmlns:t="{TDS}"/></s:Body></s:Envelope>'
    )
    return httpx.post(fleet.onvif_url(camera), content=body, **options)


@pytest.mark.parametrize("camera", ["cam-ptz", "cam-wsse", "cam-digest"])
def test_every_kind_of_login_opens_device_information(fleet, camera) -> None:
    with client(fleet, camera, retries=0) as device:
        information = device.get_device_information()
    assert information["Manufacturer"] == "gridlink"
    assert information["SerialNumber"] == camera


@pytest.mark.parametrize("camera", ["cam-ptz", "cam-wsse", "cam-digest"])
def test_wrong_password_is_refused(fleet, camera) -> None:
    with client(fleet, camera, "wrong", retries=0) as device, pytest.raises(onveef.OnvifAuthError):
        device.get_device_information()


def test_profiles_name_codec_size_rate_and_group(fleet) -> None:
    with client(fleet, "cam-265") as device:
        profiles = {each["token"]: each for each in device.get_profiles()}
        encoders = {each["token"]: each for each in device.get_video_encoder_configurations()}
    assert set(profiles) == {"profile-main", "profile-sub"}
    assert encoders["encoder-main"]["encoding"] == "H265"
    sub = encoders["encoder-sub"]
    assert (sub["encoding"], sub["width"], sub["height"]) == ("H264", 640, 360)


def test_stream_address_points_at_the_rtsp_port(fleet) -> None:
    with client(fleet, "cam-ptz") as device:
        uri = device.get_stream_uri(profile_token="profile-sub")
    assert uri == f"rtsp://127.0.0.1:{fleet.rtsp_port}/cam-ptz/sub"


def test_snapshot_shows_the_clock_of_now(fleet) -> None:
    with client(fleet, "cam-ptz") as device:
        picture, kind = device.get_snapshot(profile_token="profile-main")
    clock_ms = read_clock(np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")))
    assert kind == "image/jpeg" and clock_ms is not None
    assert abs(time.time() - clock_ms / 1000) < 2


def test_snapshot_needs_the_password(fleet) -> None:
    url = f"http://127.0.0.1:{fleet.onvif_port}/cam-ptz/snapshot.jpg"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, auth=httpx.DigestAuth("admin", "wrong")).status_code == 401
    assert httpx.get(url, auth=httpx.DigestAuth("admin", PASSWORD)).status_code == 200


def test_location_is_told_as_the_standard_has_it(fleet) -> None:
    with client(fleet, "cam-ptz") as device:
        assert len(device.get_geo_location()) == 1
    reply = call(fleet, "cam-ptz", "GetGeoLocation", token_header()).text
    assert '<tt:GeoLocation lon="110.25" lat="34.5" elevation="330"/>' in reply


def test_head_moves_and_reports_and_the_picture_shifts(fleet) -> None:
    head = fleet.device("cam-ptz")
    before = head.picture(head.spec.format_of("sub")).to_ndarray(format="gray")
    with client(fleet, "cam-ptz") as device:
        device.ptz_absolute_move(profile_token="profile-main", pan=0.5, tilt=-0.25, zoom=0.1)
        end = time.monotonic() + 5
        while (status := device.ptz_get_status(profile_token="profile-main"))["pan"] < 0.5:
            assert time.monotonic() < end, status
        token = device.ptz_set_preset(profile_token="profile-main", preset_name="东门")
        presets = device.ptz_get_presets(profile_token="profile-main")
        assert [(each["token"], each["name"]) for each in presets] == [(token, "东门")]
        device.ptz_continuous_move(profile_token="profile-main", pan=-1.0, tilt=0.0, zoom=0.0)
        device.ptz_stop(profile_token="profile-main")
        device.ptz_goto_preset(profile_token="profile-main", preset_token=token)
    assert (status["pan"], status["tilt"], status["zoom"]) == (0.5, -0.25, 0.1)
    after = head.picture(head.spec.format_of("sub")).to_ndarray(format="gray")
    assert np.abs(before[40:300].astype(int) - after[40:300]).mean() > 10


def test_fixed_camera_has_no_head(fleet) -> None:
    with client(fleet, "cam-wsse") as device, pytest.raises(onveef.OnvifError):
        device.ptz_get_status(profile_token="profile-main")


def test_clock_needs_no_password_and_follows_the_offset(fleet) -> None:
    device = fleet.device("cam-fault")
    device.clock_offset_s = 3600.0
    with onveef.OnvifClient(fleet.onvif_url("cam-fault")) as anonymous:
        told = anonymous.get_system_date_time()["UTCDateTime"]
    device.clock_offset_s = 0.0
    moment = datetime(
        told["year"], told["month"], told["day"], told["hour"], told["minute"], told["second"],
        tzinfo=UTC,
    )  # fmt: skip
    assert abs((moment - datetime.now(UTC)).total_seconds() - 3600) < 3


def test_token_made_by_another_clock_is_refused(fleet) -> None:
    # The skew allowed is 300 s.
    for ahead_s, status in ((290, 200), (310, 400), (-290, 200), (-310, 400)):
        reply = call(fleet, "cam-wsse", "GetDeviceInformation", token_header(ahead_s=ahead_s))
        assert reply.status_code == status, ahead_s


def test_replayed_nonce_is_refused(fleet) -> None:
    header = token_header()
    assert call(fleet, "cam-ptz", "GetDeviceInformation", header).status_code == 200
    again = call(fleet, "cam-ptz", "GetDeviceInformation", header)
    assert again.status_code == 400 and "ter:NotAuthorized" in again.text


def test_replayed_digest_is_refused(fleet) -> None:
    auth = httpx.DigestAuth("admin", PASSWORD)
    reply = call(fleet, "cam-digest", "GetDeviceInformation", auth=auth)
    assert reply.status_code == 200
    used = {"Authorization": reply.request.headers["Authorization"]}
    assert call(fleet, "cam-digest", "GetDeviceInformation", headers=used).status_code == 401


def test_each_device_takes_its_own_kind_of_login_only(fleet) -> None:
    auth = httpx.DigestAuth("admin", PASSWORD)
    assert call(fleet, "cam-wsse", "GetScopes", auth=auth).status_code == 400
    assert call(fleet, "cam-digest", "GetScopes", token_header()).status_code == 401
    assert call(fleet, "cam-ptz", "GetScopes").status_code == 401
    assert call(fleet, "cam-ptz", "GetScopes", token_header(password="x")).status_code == 400


def test_document_type_is_refused(fleet) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>'
    reply = httpx.post(fleet.onvif_url("cam-ptz"), content=bomb)
    assert reply.status_code == 400 and "ter:WellFormed" in reply.text


def test_unknown_operation_and_service_have_their_faults(fleet) -> None:
    reply = call(fleet, "cam-ptz", "SystemReboot", token_header())
    assert reply.status_code == 500 and "ter:ActionNotSupported" in reply.text
    body = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
        f'<s:Header>{token_header()}</s:Header><s:Body><x xmlns="urn:x"/></s:Body></s:Envelope>'
    )
    reply = httpx.post(fleet.onvif_url("cam-ptz"), content=body)
    assert reply.status_code == 400 and "ter:UnknownAction" in reply.text


def test_body_that_is_too_long_is_refused_unread(fleet) -> None:
    reply = httpx.post(fleet.onvif_url("cam-ptz"), content=b" " * 300_000)
    assert reply.status_code == 413


def test_dead_device_answers_nothing_and_comes_back(fleet) -> None:
    device = fleet.device("cam-fault")
    device.die()
    with pytest.raises(httpx.TransportError):
        call(fleet, "cam-fault", "GetSystemDateAndTime")
    assert call(fleet, "cam-wsse", "GetSystemDateAndTime").status_code == 200
    device.revive()
    assert call(fleet, "cam-fault", "GetSystemDateAndTime").status_code == 200


def test_hanging_and_dripping_devices_run_into_the_time_out(fleet) -> None:
    device = fleet.device("cam-fault")
    device.hang()
    with pytest.raises(httpx.ReadTimeout):
        call(fleet, "cam-fault", "GetSystemDateAndTime", timeout=0.4)
    device.drip()
    began = time.monotonic()
    with httpx.stream("POST", fleet.onvif_url("cam-fault"), content=b"<x/>") as reply:
        # Status line and headers are about 180 bytes: over three seconds at 50 a second.
        assert reply.status_code == 400
    assert time.monotonic() - began > 2
    device.revive()
