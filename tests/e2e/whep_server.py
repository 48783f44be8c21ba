"""A WHEP server of another WebRTC stack (aiortc), run by the Python of ``var/peers/whep``.

`whep_server.py SCRIPT` serves a page, our client's script and one moving picture to who brings the
bearer `good`; tells its port first, then each session that was ended.
"""

import asyncio
import json
import sys
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import numpy as np
from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription, VideoStreamTrack

PAGE = """<!doctype html><video muted autoplay playsinline></video><script type="module">
import { Whep } from '/whep.js'
window.told = { frames: 0, live: 0, ends: [] }
window.begin = (ticket) => {
  const video = document.querySelector('video')
  window.whep = new Whep(video, '/whep', {
    onFrame: () => (window.told.frames += 1),
    onLive: () => (window.told.live += 1),
    onEnd: (isRefused) => window.told.ends.push(isRefused),
  })
  return window.whep.open(ticket)
}
window.isReady = true
</script>"""


class Moving(VideoStreamTrack):
    """A grey that grows lighter."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count()

    async def recv(self) -> av.VideoFrame:
        """Return the next picture when it is due."""
        pts, time_base = await self.next_timestamp()
        grey = np.full((180, 320, 3), next(self._numbers) % 256, np.uint8)
        frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
        frame.pts, frame.time_base = pts, Fraction(time_base)
        return frame


class Sessions:
    """The open sessions by number."""

    def __init__(self) -> None:
        self._open: dict[str, RTCPeerConnection] = {}

    async def begin(self, request: web.Request) -> web.Response:
        """Answer an offer (RFC 9725 the other way round: WHEP)."""
        if request.headers.get("Authorization") != "Bearer good":
            return web.Response(status=401)
        peer = RTCPeerConnection()
        peer.addTrack(Moving())
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        number = str(len(self._open))
        self._open[number] = peer
        head = {"Location": f"/whep/{number}"}
        answer = peer.localDescription.sdp
        return web.Response(status=201, text=answer, content_type="application/sdp", headers=head)

    async def end(self, request: web.Request) -> web.Response:
        """End a session."""
        number = request.match_info["number"]
        await self._open[number].close()
        print(json.dumps({"ended": number}), flush=True)
        return web.Response()


async def main(script: str) -> None:
    sessions, app = Sessions(), web.Application()
    for path, text, kind in (("/", PAGE, "text/html"), ("/whep.js", script, "text/javascript")):
        app.router.add_get(path, lambda _, t=text, k=kind: _said(t, k))
    app.router.add_post("/whep", sessions.begin)
    app.router.add_delete("/whep/{number}", sessions.end)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.Event().wait()


async def _said(text: str, kind: str) -> web.Response:
    return web.Response(text=text, content_type=kind)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_text()))
