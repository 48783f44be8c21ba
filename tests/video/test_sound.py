"""A camera's sound: AAC as it is, G.711 converted, anything else left out with a note."""

import asyncio
import io
import json

import av
import numpy as np
import pytest

from video.gateway import MediaGateway
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.simulator.sound import SOUNDS
from video.stream_state import HubKey
from video.tap import Unit


class Recorder:
    """A tap that keeps what a file would hold."""

    def __init__(self):
        self.info, self.units, self.changed = None, [], asyncio.Event()

    def on_stream(self, info):
        self.info, self.units = info, []

    def on_unit(self, unit: Unit):
        self.units.append(unit)
        self.changed.set()

    def on_gap(self, reason):
        pass


def run(scenario, relay, sound):
    spec = DeviceSpec(
        "cam-001", scene="clip", sub_size=(320, 180), sub_fps=12.5, sound=sound
    )  # fmt: skip

    async def whole():
        async with Fleet([spec]) as fleet:
            gateway = MediaGateway(relay.resolver(fleet))
            try:
                await scenario(gateway)
            finally:
                await gateway.close()

    asyncio.run(whole())


def loudest_hz(file):
    """The strongest frequency, and how many seconds of sound there are."""
    with av.open(io.BytesIO(file)) as clip:
        frames = [frame.to_ndarray()[0] for frame in clip.decode(audio=0)]
        rate = clip.streams.audio[0].codec_context.sample_rate
    wave = np.concatenate(frames)
    spectrum = np.abs(np.fft.rfft(wave[rate // 2 :]))
    return np.argmax(spectrum) * rate / len(wave[rate // 2 :]), len(wave) / rate


@pytest.mark.parametrize("sound", SOUNDS)
def test_a_viewer_is_told_what_sound_there_is_and_gets_it_only_when_asked_for(relay, sound):
    async def scenario(gateway):
        async with relay.watching(gateway, HubKey(1, "sub")) as viewer:
            await viewer.until(lambda v: len(v.of_kind(2)) > 10, 60)
            [told] = viewer.said(type="sound")
            state = {"aac": "native", "g726": "left_out"}.get(sound, "converted")
            assert told["state"] == state
            assert not viewer.of_kind(4) and not viewer.of_kind(5)
            viewer.says.put_nowait(json.dumps({"type": "sound", "on": True}))
            if state == "left_out":
                return
            await viewer.until(lambda v: len(v.of_kind(5)) > 30, 60)
            assert len(viewer.of_kind(4)) == 1
            viewer.says.put_nowait(json.dumps({"type": "sound", "on": False}))
            hub = gateway.hub(HubKey(1, "sub"))
            async with asyncio.timeout(30):
                while hub._reception._ingest.wants_sound:
                    await asyncio.sleep(0.02)
        file = viewer.of_kind(4)[0][1:] + b"".join(m[9:] for m in viewer.of_kind(5))
        pitch_hz, length_s = loudest_hz(file)
        assert pitch_hz == pytest.approx(440, abs=3)
        assert length_s > 1.5

    run(scenario, relay, sound)


@pytest.mark.parametrize("sound", ["aac", "pcma"])
def test_a_recording_holds_picture_and_sound_side_by_side(relay, sound):
    async def scenario(gateway):
        recorder = Recorder()
        with gateway.hub(HubKey(1, "sub")).tap(recorder):
            async with asyncio.timeout(60):
                while sum(unit.is_audio for unit in recorder.units) < 40:
                    recorder.changed.clear()
                    await recorder.changed.wait()
        file = recorder.info.recording_init + b"".join(u.fragment for u in recorder.units)
        with av.open(io.BytesIO(file)) as clip:
            seen = [frame.time for frame in clip.decode(video=0)]
        with av.open(io.BytesIO(file)) as clip:
            heard = [frame.time for frame in clip.decode(audio=0)]
        assert len(seen) == sum(not unit.is_audio for unit in recorder.units)
        assert heard == sorted(heard) and len(heard) >= 39
        # The tone began with the picture: their lines lie side by side.
        assert abs(seen[-1] - heard[-1]) < 0.6
        assert loudest_hz(file)[0] == pytest.approx(440, abs=3)

    run(scenario, relay, sound)
