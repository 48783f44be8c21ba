"""A fleet of simulated cameras on one ONVIF port and one RTSP port, in this process.

Asynchronous code writes `async with Fleet(specs) as fleet`, synchronous code
`with ThreadedFleet(specs) as fleet`. Devices are switched with `fleet.device(id).freeze()`.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from video.simulator.backgrounds import load_backgrounds
from video.simulator.devices import DeviceSpec, SimulatedDevice
from video.simulator.discovery import DiscoveryResponder
from video.simulator.onvif_server import OnvifServer
from video.simulator.rtsp_server import RtspServer

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]
Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]

#: Encoding threads; x264 releases the interpreter, two fill the cores of a small machine.
ENCODER_THREADS = 2


def read_fleet(path: Path) -> list[DeviceSpec]:
    """The devices of a fleet file, a JSON list of objects.

    Raises
    ------
    ValueError
        Not a list, an unknown key, a wrong value, or an id used twice.

    """
    records = json.loads(path.read_text("utf-8"))
    if not isinstance(records, list):
        raise ValueError(f"{path.name} must hold a JSON list of devices")
    return [DeviceSpec.from_record(record) for record in records]


class Fleet:
    """Devices with their two servers; an asynchronous context manager.

    Parameters
    ----------
    specs : iterable of DeviceSpec
        Ids must differ.
    host : str
        Address to listen on; loopback unless said otherwise.
    onvif_port, rtsp_port : int
        0 takes a free port; the attributes of the same name tell which.
    has_discovery : bool
        Also answer WS-Discovery on UDP port 3702.

    """

    def __init__(
        self, specs: Iterable[DeviceSpec], *, host: str = "127.0.0.1", onvif_port: int = 0,
        rtsp_port: int = 0, has_discovery: bool = False,
    ) -> None:  # fmt: skip
        self.host = host
        self.onvif_port = onvif_port
        self.rtsp_port = rtsp_port
        self._has_discovery = has_discovery
        self._specs = list(specs)
        if len({spec.id for spec in self._specs}) != len(self._specs):
            raise ValueError("two devices of the fleet have the same id")
        self._pool = ThreadPoolExecutor(ENCODER_THREADS, thread_name_prefix="encoder")
        self._devices: dict[str, SimulatedDevice] = {}
        self._listeners: list[asyncio.Server] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.rtsp: RtspServer
        self.onvif: OnvifServer

    @property
    def devices(self) -> Sequence[SimulatedDevice]:
        """All devices, in the order given."""
        return tuple(self._devices.values())

    def device(self, device_id: str) -> SimulatedDevice:
        """The device of that id; KeyError when there is none."""
        return self._devices[device_id]

    def onvif_url(self, device_id: str) -> str:
        """Address of the device management service."""
        return f"http://{self.host}:{self.onvif_port}/{device_id}/onvif/device_service"

    def rtsp_url(self, device_id: str, stream: str = "main", *, with_login: bool = False) -> str:
        """Address of a stream; *with_login* puts the account of the device's record into it."""
        spec = self._devices[device_id].spec
        login = f"{spec.username}:{spec.password}@" if with_login else ""
        return f"rtsp://{login}{self.host}:{self.rtsp_port}/{device_id}/{stream}"

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        if any(spec.scene == "live" for spec in self._specs):
            # Or the first viewer would wait for the backgrounds to be decoded.
            await asyncio.to_thread(load_backgrounds)
        for spec in self._specs:
            # Clips may have to be encoded first: off the loop.
            device = await asyncio.to_thread(SimulatedDevice, spec, self._pool)
            device.on_cut = self._cut_soon
            self._devices[spec.id] = device
        self.rtsp = RtspServer(self._devices)
        await self.listen()
        return self

    async def listen(self) -> None:
        """Open both ports (again, after `refuse`)."""
        rtsp = await asyncio.start_server(self._kept(self.rtsp.serve), self.host, self.rtsp_port)
        self.rtsp_port = rtsp.sockets[0].getsockname()[1]
        self._listeners.append(rtsp)
        self.onvif = OnvifServer(self._devices, rtsp_port=self.rtsp_port)
        onvif = await asyncio.start_server(self._kept(self.onvif.serve), self.host, self.onvif_port)
        self.onvif_port = onvif.sockets[0].getsockname()[1]
        self._listeners.append(onvif)
        if self._has_discovery:
            self._responder = await DiscoveryResponder.open(
                self._devices, host=self.host, onvif_port=self.onvif_port
            )

    async def refuse(self) -> None:
        """Close both ports and all connections: the whole fleet refuses connections."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        self._cut(None)
        if self._has_discovery:
            self._responder.close()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.refuse()
        for serving in tuple(self._serving):
            serving.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._pool.shutdown(wait=True)

    def _kept(self, serve: Serve) -> Accept:
        """*serve* in tasks that are remembered until they are done."""

        # No coroutine: of a cancelled one asyncio of Python 3.11 prints a traceback.
        def kept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(serve(reader, writer))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

        return kept

    def _cut(self, device_id: str | None) -> None:
        self.rtsp.cut(device_id)
        self.onvif.cut(device_id)

    def _cut_soon(self, device_id: str) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._cut, device_id)


class ThreadedFleet:
    """A fleet on an event loop of its own in a thread, for synchronous callers."""

    def __init__(self, specs: Iterable[DeviceSpec], *, has_discovery: bool = False) -> None:
        self._fleet = Fleet(specs, has_discovery=has_discovery)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Fleet:
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._fleet.__aenter__(), self._loop).result(120)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        closing = self._fleet.__aexit__(kind, error, trace)
        asyncio.run_coroutine_threadsafe(closing, self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
