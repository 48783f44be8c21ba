"""Each habit of devices by name: the probe copes with it and says which it met."""

import asyncio
import zlib

import pytest

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.device import probe
from video.errors import CredentialsRejected, ProtocolViolation, Unreachable
from video.mending import Inflater, element_of, text_of
from video.onvif_session import OnvifSession
from video.quirks import QUIRKS, documented_path, expected_of
from video.simulator.odd_device import OddDevice, OddSpec

POLICY = AddressPolicy.of("127.0.0.0/8")
LOGIN = Credentials("admin", "gridlink-sim")


def ask(recorder, credentials=LOGIN, **limits):
    return asyncio.run(probe(recorder.url, credentials, POLICY, **limits))


@pytest.mark.parametrize(
    "habit",
    [
        "undeclared_prefix",
        "bare_ampersand",
        "leading_junk",
        "wrong_charset",
        "foreign_xaddr",
        "no_get_services",
        "sub_stream_first",
        "guarded_clock",
        "drops_kept_connections",
        "login_in_stream_address",
        "no_snapshot_address",
    ],
)
def test_probe_copes_with_a_habit_and_names_it(habit):
    with OddDevice(OddSpec(channels=2, habits=frozenset({habit}))) as recorder:
        report = ask(recorder)
    assert set(report.quirks) == {habit}
    first, second = report.channels
    assert [p.width for p in first.profiles] == [1920, 640]
    # The query string of the address stays whole, and no login stays in it.
    assert second.profiles[0].stream_url == "rtsp://127.0.0.1:554/p2-main?a=1&b=2"
    assert report.information.model == ("录像机" if habit == "wrong_charset" else "Recorder")
    assert recorder.refused == 0


def test_login_a_device_repeats_in_the_path_is_left_out_until_the_stream_is_opened():
    login = Credentials("admin", "p@ss/wörd9")
    spec = OddSpec(channels=1, password=login.password, habits=frozenset({"login_in_path"}))
    with OddDevice(spec) as recorder:
        (profile, _) = ask(recorder, login).profiles
    assert profile.stream_url.endswith("/user={user}_password={password%}_stream=p1-main.sdp")
    opened = "/user=admin_password=p%40ss%2Fw%C3%B6rd9_stream=p1-main.sdp"
    assert login.filled(profile.stream_url).endswith(opened)


def test_an_address_that_repeats_no_password_stays_as_it_is():
    for url in ("rtsp://10.0.0.1:554/admin/live?channel=12", "rtsp://abc:554/x"):
        for login in (Credentials("admin", "12"), Credentials("admin", "abc"), Credentials()):
            assert login.filled(login.blanked(url)) == login.blanked(url) == url


def test_device_of_good_manners_has_no_quirk():
    with OddDevice(OddSpec()) as recorder:
        report = ask(recorder)
    assert report.quirks == ()
    assert [channel.number for channel in report.channels] == [1, 2, 3, 4]
    assert report.identities == ("mac:001bc5000001", "serial:simulated/nvr-0001")


def test_clock_ten_minutes_off_is_worked_around_and_named():
    with OddDevice(OddSpec(clock_offset_s=-600.0)) as recorder:
        report = ask(recorder)
    assert report.quirks == ("clock_skew",)
    assert abs(report.clock_offset_s + 600) < 1.5


@pytest.mark.fault
def test_refusal_with_status_200_is_a_refusal_and_costs_one_login():
    spec = OddSpec(habits=frozenset({"fault_with_status_200"}))
    with OddDevice(spec) as recorder, pytest.raises(CredentialsRejected):
        ask(recorder, Credentials("admin", "wrong"))
    assert recorder.refused == 1


def test_maker_s_documented_path_stands_in_where_the_device_names_none():
    spec = OddSpec(channels=2, manufacturer="HIKVISION", habits=frozenset({"no_stream_address"}))
    with OddDevice(spec) as recorder:
        report = ask(recorder)
    paths = [p.stream_url.partition(":554")[2] for c in report.channels for p in c.profiles]
    # As the maker documents them: channel, 0, stream.
    assert paths == [f"/Streaming/Channels/{n}" for n in (101, 102, 201, 202)]
    unknown = OddSpec(habits=frozenset({"no_stream_address"}))
    with OddDevice(unknown) as recorder, pytest.raises(ProtocolViolation):
        ask(recorder)


def test_a_command_is_not_sent_twice_to_a_device_that_hangs_up():
    async def scenario(device):
        async with OnvifSession(POLICY.check(device.url), LOGIN, POLICY) as session:
            await session.open()
            await session.call("SystemReboot", "<tds:SystemReboot/>")

    spec = OddSpec(habits=frozenset({"drops_kept_connections"}))
    with OddDevice(spec) as device, pytest.raises(Unreachable):
        asyncio.run(scenario(device))
    # The device answers the first request of a connection: a second try would have reached it.
    assert device.operations["SystemReboot"] == 0


def test_every_quirk_has_a_source_and_the_makers_patterns_read():
    for quirk in QUIRKS.values():
        assert quirk.source.startswith("https://") and quirk.symptom and quirk.remedy
    assert "locks_out" in expected_of("Dahua", "IPC", "2.8")
    assert expected_of("Nobody", "x", "y") == ()
    assert documented_path("Uniview", channel=3, stream=2) == "/unicast/c3/s1/live"


def test_document_type_is_never_mended():
    text = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    assert element_of(text)[0] is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_answers_in_other_encodings_are_read(encoding):
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>网格</a>'
    raw = marks.get(encoding, b"") + text.encode(encoding)
    root, _, _ = element_of(text_of(raw)[0])
    assert root is not None and root.text == "网格"


def test_text_of_no_encoding_is_no_crash():
    assert element_of(text_of(bytes(range(128, 256)))[0])[0] is None
    assert element_of(text_of(b"")[0])[0] is None


@pytest.mark.fault
def test_packed_bomb_is_stopped_at_the_limit_and_not_after_it():
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(bytes(50_000_000)) + packer.flush()
    assert len(bomb) < 60_000
    inflater = Inflater("gzip", 1000)
    with pytest.raises(ProtocolViolation):
        inflater.take(bomb)
    with pytest.raises(ProtocolViolation):
        Inflater("gzip", 1000).take(b"no gzip at all")
    with pytest.raises(ProtocolViolation):
        Inflater("br", 1000)
