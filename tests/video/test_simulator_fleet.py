"""The fleet as a program and as a context: files, ports, discovery, refusing."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import httpx
import onveef
import pytest

from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet, ThreadedFleet, read_fleet

PEER = Path("var/peers/zeep/bin/python")


def test_fleet_file_is_read_with_all_its_fields(tmp_path) -> None:
    path = tmp_path / "fleet.json"
    path.write_text(
        '[{"id": "cam-001", "name": "东街", "codec": "h265", "ptz": true, "lon": 110.1,'
        ' "lat": 34.5, "username": "u", "password": "p", "auth": "wsse", "fault": null,'
        ' "sub_size": [352, 288]}]',
        "utf-8",
    )
    spec = read_fleet(path)[0]
    assert (spec.name, spec.codec, spec.auth, spec.sub_size) == ("东街", "h265", "wsse", (352, 288))
    assert "password" not in repr(spec)


@pytest.mark.parametrize(
    "record,word",
    [
        ('{"id": "a", "colour": "red"}', "colour"),
        ('{"id": "a/b"}', "id="),
        ('{"id": "a", "fault": "sleepy"}', "sleepy"),
    ],
)
def test_wrong_record_is_named(tmp_path, record, word) -> None:
    path = tmp_path / "fleet.json"
    path.write_text(f"[{record}]", "utf-8")
    with pytest.raises(ValueError, match=word):
        read_fleet(path)


def test_two_devices_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="same id"):
        Fleet([DeviceSpec("a"), DeviceSpec("a")])


def test_a_fleet_that_ends_with_open_connections_ends_without_a_word() -> None:
    async def scenario(complaints: list[object]) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        async with Fleet([DeviceSpec("cam-1")]) as fleet:
            ports = (fleet.onvif_port, fleet.rtsp_port, fleet.rtsp_port)
            held = [await asyncio.open_connection(fleet.host, port) for port in ports]
            async with asyncio.timeout(10):
                while len(fleet._serving) < 3:
                    await asyncio.sleep(0.01)
        for _, writer in held:
            writer.close()

    complaints: list[object] = []
    asyncio.run(scenario(complaints))
    assert not complaints


def test_whole_fleet_can_refuse_and_listen_again() -> None:
    async def status_of(fleet: Fleet) -> int:
        async with httpx.AsyncClient() as client:
            return (await client.get(fleet.onvif_url("cam-1"))).status_code

    async def scenario() -> None:
        async with Fleet([DeviceSpec("cam-1")]) as fleet:
            ports = fleet.onvif_port, fleet.rtsp_port
            assert await status_of(fleet) == 405
            await fleet.refuse()
            with pytest.raises(httpx.ConnectError):
                await status_of(fleet)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", fleet.rtsp_port)
            await fleet.listen()
            assert (fleet.onvif_port, fleet.rtsp_port) == ports
            assert await status_of(fleet) == 405

    asyncio.run(scenario())


def test_probe_finds_every_living_device() -> None:
    specs = [DeviceSpec("cam-1", "东街"), DeviceSpec("cam-2", ptz=True), DeviceSpec("cam-3")]
    with ThreadedFleet(specs, has_discovery=True) as fleet:
        fleet.device("cam-3").die()
        found = onveef.wsdiscovery.probe_device("127.0.0.1", timeout_s=0.5)
        addresses = {url for each in found for url in each.xaddrs}
        assert addresses == {fleet.onvif_url("cam-1"), fleet.onvif_url("cam-2")}


def test_program_prints_its_ready_line_and_ends_on_a_signal(tmp_path) -> None:
    path = tmp_path / "fleet.json"
    path.write_text('[{"id": "cam-1"}, {"id": "cam-2", "ptz": true}]', "utf-8")
    command = [sys.executable, "-m", "video.simulator", "--fleet", str(path)]
    program = subprocess.Popen(
        [*command, "--onvif-port", "0", "--rtsp-port", "0"], stdout=subprocess.PIPE
    )
    try:
        ready = json.loads(program.stdout.readline())
        assert ready["ready"] is True and ready["devices"] == 2
        url = f"http://127.0.0.1:{ready['onvif_port']}/cam-2/onvif/device_service"
        with onveef.OnvifClient(url, username="admin", password="gridlink-sim") as client:
            assert client.get_device_information()["SerialNumber"] == "cam-2"
    finally:
        program.terminate()
    assert program.wait(10) == 0


ZEEP_SCRIPT = """
import asyncio, json, sys
from onvif import ONVIFCamera
import onvif, os
async def main(host, port, url):
    wsdl = os.path.join(os.path.dirname(onvif.__file__), "wsdl")
    camera = ONVIFCamera(host, int(port), "admin", "gridlink-sim", wsdl)
    device = await camera.create_devicemgmt_service()
    device_info = await device.GetDeviceInformation()
    clock = await device.GetSystemDateAndTime()
    scopes = await device.GetScopes()
    interfaces = await device.GetNetworkInterfaces()
    services = await device.GetServices({"IncludeCapability": False})
    able = await device.GetCapabilities({"Category": "All"})
    camera.xaddrs |= {s.Namespace: s.XAddr for s in services}
    media = await camera.create_media_service()
    profiles = await media.GetProfiles()
    sources = await media.GetVideoSources()
    encoders = await media.GetVideoEncoderConfigurations()
    token = profiles[0].token
    stream = await media.GetStreamUri({"ProfileToken": token, "StreamSetup":
        {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}})
    snapshot = await media.GetSnapshotUri({"ProfileToken": token})
    await media.SetSynchronizationPoint({"ProfileToken": token})
    ptz = await camera.create_ptz_service()
    nodes = await ptz.GetNodes()
    settings = await ptz.GetConfigurations()
    await ptz.AbsoluteMove({"ProfileToken": token, "Position":
        {"PanTilt": {"x": 0.25, "y": 0.0}, "Zoom": {"x": 0.0}}})
    preset = await ptz.SetPreset({"ProfileToken": token, "PresetName": "door"})
    presets = await ptz.GetPresets({"ProfileToken": token})
    status = await ptz.GetStatus({"ProfileToken": token})
    print(json.dumps({
        "serial": device_info.SerialNumber, "year": clock.UTCDateTime.Date.Year,
        "scopes": len(scopes), "address": interfaces[0].IPv4.Config.Manual[0].Address,
        "media": able.Media.XAddr == camera.xaddrs["http://www.onvif.org/ver10/media/wsdl"],
        "profiles": [p.token for p in profiles],
        "fps": sources[0].Framerate, "gop": encoders[0].H264.GovLength,
        "width": profiles[1].VideoEncoderConfiguration.Resolution.Width,
        "head": profiles[0].PTZConfiguration.NodeToken,
        "stream": stream.Uri, "snapshot": snapshot.Uri,
        "node": nodes[0].SupportedPTZSpaces.AbsolutePanTiltPositionSpace[0].XRange.Min,
        "settings": settings[0].NodeToken, "preset": preset == presets[0].token,
        "moving": status.MoveStatus.PanTilt in ("MOVING", "IDLE"),
    }))
    await camera.close()
asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.peer
@pytest.mark.skipif(not PEER.exists(), reason="var/peers/zeep with onvif-zeep-async is absent")
def test_a_client_that_validates_against_the_wsdl_reads_every_reply() -> None:
    spec = DeviceSpec("cam-1", "东街", ptz=True)
    with ThreadedFleet([spec]) as fleet:
        arguments = ["127.0.0.1", str(fleet.onvif_port), fleet.onvif_url("cam-1")]
        run = subprocess.run(
            [str(PEER), "-c", ZEEP_SCRIPT, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        told = json.loads(run.stdout)
        assert told == {
            "serial": "cam-1", "year": told["year"], "scopes": 5, "address": "127.0.0.1",
            "media": True, "profiles": ["profile-main", "profile-sub"],
            "fps": 12.5, "gop": 13, "width": 640, "head": "ptz-node-1",
            "stream": fleet.rtsp_url("cam-1"), "node": -1.0, "settings": "ptz-node-1",
            "snapshot": f"http://127.0.0.1:{fleet.onvif_port}/cam-1/snapshot.jpg",
            "preset": True, "moving": True,
        }  # fmt: skip
        assert told["year"] >= 2024
