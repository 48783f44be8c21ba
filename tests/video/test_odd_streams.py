"""Cameras with odd times, parameter sets and picture styles: what leaves the relay plays."""

import asyncio
import io
import subprocess
from itertools import pairwise

import av
import pytest

from video.gateway import MediaGateway
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.simulator.oddities import Odd
from video.stream_state import HubKey
from video.timeline import TICKS_PER_S

FPS = 12.5
# Long enough for two turns of what happens every 40 pictures.
PICTURES = 90
pytestmark = pytest.mark.timeout(400)  # of the fixture, which all share
ODDS = (None, *Odd)


def spec(number, odd):
    return DeviceSpec(
        f"cam-{number:03d}", scene="clip", sub_size=(320, 180), sub_fps=FPS,
        odd=() if odd is None else (odd,), join="at_once" if odd == Odd.NO_KEYS else "key",
    )  # fmt: skip


async def watched(relay, fleet, gateway, number):
    async with relay.watching(gateway, HubKey(number, "sub")) as viewer:
        await viewer.until(lambda v: len(v.of_kind(1)) + len(v.of_kind(2)) > PICTURES, 300)
    return viewer


@pytest.fixture(scope="module")
def seen():
    """All odd cameras at once, through one gateway: what a viewer of each was sent."""
    from tests.video.conftest import _resolver, _watching  # a fixture of wider scope cannot be had

    class Relay:
        watching = staticmethod(_watching)

    async def whole():
        async with Fleet([spec(n, odd) for n, odd in enumerate(ODDS, 1)]) as fleet:
            gateway = MediaGateway(_resolver(fleet))
            views = [watched(Relay, fleet, gateway, n) for n in range(1, len(ODDS) + 1)]
            viewers = await asyncio.gather(*views)
            await gateway.close()
            return dict(zip(ODDS, viewers, strict=True))

    return asyncio.run(whole())


def generations(viewer):
    """What the page would have appended, one file for each initialisation segment."""
    files = []
    for message in viewer.binaries:
        if message[0] == 0:
            files.append([message[1:]])
        elif message[0] in {1, 2}:
            files[-1].append(message[9:])
    return [b"".join(parts) for parts in files if len(parts) > 1]


def shown(file):
    with av.open(io.BytesIO(file)) as clip:
        return [frame.pts for frame in clip.decode(video=0)]


@pytest.mark.parametrize("odd", ODDS, ids=str)
def test_every_picture_decodes_and_none_goes_back(seen, odd, tmp_path):
    for number, file in enumerate(generations(seen[odd])):
        times = shown(file)
        assert times == sorted(set(times))
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(file)
        said = subprocess.run(
            ["ffprobe", "-v", "warning", "-count_frames", "-show_entries",
             "stream=nb_read_frames", "-of", "csv=p=0", path],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert (said.stdout.strip(), said.stderr) == (str(len(times)), "")


@pytest.mark.parametrize("odd", [o for o in ODDS if o != Odd.SETS_CHANGE], ids=str)
def test_the_pace_is_that_of_the_camera_whatever_its_times_say(seen, odd):
    [file] = generations(seen[odd])
    times = shown(file)
    length_s = (times[-1] - times[0]) / TICKS_PER_S
    # A busy machine lets the simulated camera leave out pictures; what its clock does to the line
    # without being led would be a second and a half at least, or an hour.
    assert 0.85 < length_s * FPS / (len(times) - 1) < 1.5
    steps = [after - before for before, after in pairwise(times)]
    assert max(steps) < 1.4 * TICKS_PER_S


def test_changed_parameter_sets_begin_anew_in_the_other_size(seen):
    widths = [said["width"] for said in seen[Odd.SETS_CHANGE].said(type="init")]
    assert len(widths) > 2
    assert set(widths) == {320, 160}
    assert all(one != other for one, other in pairwise(widths))


def test_b_frames_are_told_with_their_delay(seen):
    told = seen[Odd.B_FRAMES].said(type="init")  # anew after a pause of a busy machine
    assert {init["reorder"] for init in told} in ({1}, {2})
    assert seen[None].said(type="init")[0]["reorder"] == 0


def test_a_camera_without_key_pictures_is_converted_and_says_so(seen):
    assert seen[Odd.NO_KEYS].said(type="init")[0]["rung"] == "transcode"
    assert {v.said(type="init")[0]["rung"] for o, v in seen.items() if o != Odd.NO_KEYS} == {"sub"}
