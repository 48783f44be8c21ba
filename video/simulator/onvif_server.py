"""HTTP side of the simulated cameras: ONVIF services, their authentication, and snapshots.

Each device answers under its own path, `/<device id>/onvif/<service>` and
`/<device id>/snapshot.jpg`; any service path takes any operation, as many cameras do.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping

from video.simulator import (
    onvif_device,
    onvif_events,
    onvif_media,
    onvif_ptz,
    onvif_recording,
    onvif_tours,
)
from video.simulator.devices import Fault, SimulatedDevice
from video.simulator.digest import Verdict
from video.simulator.dripping import write_slowly
from video.simulator.http_messages import BadRequest, HttpReply, HttpRequest, read_request
from video.simulator.onvif_device import Call
from video.simulator.scenes import jpeg
from video.simulator.soap import (
    CONTENT_TYPE,
    NAMESPACES,
    SoapFault,
    SoapRequest,
    envelope,
    fault_envelope,
    parse,
)
from video.simulator.wsse import TokenGate

log = logging.getLogger(__name__)

Operation = Callable[[Call], str | Awaitable[str]]

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("tds", "GetSystemDateAndTime"): onvif_device.system_date_and_time,
    ("tds", "GetDeviceInformation"): onvif_device.device_information,
    ("tds", "GetCapabilities"): onvif_device.capabilities,
    ("tds", "GetServices"): onvif_device.services,
    ("tds", "GetServiceCapabilities"): onvif_device.service_capabilities,
    ("tds", "GetScopes"): onvif_device.scopes,
    ("tds", "GetNetworkInterfaces"): onvif_device.network_interfaces,
    ("tds", "GetHostname"): onvif_device.hostname,
    ("tds", "GetGeoLocation"): onvif_device.geo_location,
    ("trt", "GetProfiles"): onvif_media.profiles,
    ("trt", "GetProfile"): onvif_media.profile,
    ("trt", "GetVideoSources"): onvif_media.video_sources,
    ("trt", "GetVideoEncoderConfigurations"): onvif_media.video_encoder_configurations,
    ("trt", "GetStreamUri"): onvif_media.stream_uri,
    ("trt", "GetSnapshotUri"): onvif_media.snapshot_uri,
    ("trt", "SetSynchronizationPoint"): onvif_media.set_synchronization_point,
    ("tptz", "GetNodes"): onvif_ptz.nodes,
    ("tptz", "GetNode"): onvif_ptz.node,
    ("tptz", "GetConfigurations"): onvif_ptz.configurations,
    ("tptz", "GetStatus"): onvif_ptz.status,
    ("tptz", "AbsoluteMove"): onvif_ptz.absolute_move,
    ("tptz", "RelativeMove"): onvif_ptz.relative_move,
    ("tptz", "ContinuousMove"): onvif_ptz.continuous_move,
    ("tptz", "Stop"): onvif_ptz.stop,
    ("tptz", "GetPresets"): onvif_ptz.presets,
    ("tptz", "SetPreset"): onvif_ptz.set_preset,
    ("tptz", "GotoPreset"): onvif_ptz.goto_preset,
    ("tptz", "RemovePreset"): onvif_ptz.remove_preset,
    ("tptz", "GotoHomePosition"): onvif_ptz.goto_home,
    ("tptz", "SetHomePosition"): onvif_ptz.set_home,
    ("tptz", "GeoMove"): onvif_ptz.geo_move,
    ("tptz", "GetPresetTours"): onvif_tours.tours,
    ("tptz", "CreatePresetTour"): onvif_tours.create_tour,
    ("tptz", "ModifyPresetTour"): onvif_tours.modify_tour,
    ("tptz", "OperatePresetTour"): onvif_tours.operate_tour,
    ("tptz", "RemovePresetTour"): onvif_tours.remove_tour,
    ("tptz", "GetConfigurationOptions"): onvif_ptz.configuration_options,
    ("tev", "GetServiceCapabilities"): onvif_events.service_capabilities,
    ("tev", "GetEventProperties"): onvif_events.event_properties,
    ("tev", "CreatePullPointSubscription"): onvif_events.create_pull_point,
    ("tev", "PullMessages"): onvif_events.pull_messages,
    ("tev", "SetSynchronizationPoint"): onvif_events.set_synchronization_point,
    ("wsnt", "Renew"): onvif_events.renew,
    ("wsnt", "Unsubscribe"): onvif_events.unsubscribe,
    ("tse", "GetServiceCapabilities"): onvif_recording.service_capabilities,
    ("tse", "GetRecordingSummary"): onvif_recording.recording_summary,
    ("tse", "FindRecordings"): onvif_recording.find_recordings,
    ("tse", "GetRecordingSearchResults"): onvif_recording.recording_results,
    ("tse", "FindEvents"): onvif_recording.find_events,
    ("tse", "GetEventSearchResults"): onvif_recording.event_results,
    ("tse", "EndSearch"): onvif_recording.end_search,
    ("trp", "GetReplayUri"): onvif_recording.replay_uri,
}
_DOCTYPE = b'<!DOCTYPE r [<!ENTITY e "x">]>'
_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}


class OnvifServer:
    """All devices behind one HTTP port."""

    def __init__(self, devices: Mapping[str, SimulatedDevice], *, rtsp_port: int) -> None:
        self._devices = devices
        self._rtsp_port = rtsp_port
        self._tokens = {name: TokenGate(device.account) for name, device in devices.items()}
        self._open: dict[asyncio.StreamWriter, str | None] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        self._open[writer] = None
        try:
            while (request := await read_request(reader)) is not None:
                if not await self._answer(request, writer) or not request.keeps_alive:
                    break
        except BadRequest as error:
            writer.write(HttpReply(error.status).rendered())
        except (ConnectionError, asyncio.IncompleteReadError):
            log.debug("connection ended", extra={"action": "simulator.http_closed"})
        finally:
            del self._open[writer]
            writer.close()

    def cut(self, device_id: str | None = None) -> None:
        """Abort the connections last used for one device, or all."""
        for writer, served in tuple(self._open.items()):
            if device_id in (None, served):
                writer.transport.abort()

    async def _answer(self, request: HttpRequest, writer: asyncio.StreamWriter) -> bool:
        device, service = self._addressed(request.path)
        if device is None:
            writer.write(HttpReply(404).rendered())
            return True
        self._open[writer] = device.spec.id
        if device.fault is Fault.DEAD:
            writer.transport.abort()
            return False
        if device.fault is Fault.HANG:
            return True
        reply = await self._reply(device, service, request)
        if device.fault is Fault.DRIP:
            await write_slowly(writer, reply.rendered())
        else:
            writer.write(reply.rendered())
        return True

    def _addressed(self, path: tuple[str, ...]) -> tuple[SimulatedDevice | None, tuple[str, ...]]:
        """The device of a path and the rest of it.

        A fleet of one also answers at the usual `/onvif/device_service`, for clients that know
        only host and port.
        """
        if path[:1] == ("onvif",) and len(self._devices) == 1:
            return next(iter(self._devices.values())), path
        return (self._devices.get(path[0]) if path else None), path[1:]

    async def _reply(
        self, device: SimulatedDevice, service: tuple[str, ...], request: HttpRequest
    ) -> HttpReply:
        if service == ("snapshot.jpg",):
            return await _snapshot(device, request)
        if service[:1] != ("onvif",):
            return HttpReply(404)
        if request.method != "POST":
            return HttpReply(405, headers=(("Allow", "POST"),))
        try:
            return await self._soap_reply(device, service, request)
        except SoapFault as fault:
            return HttpReply(fault.http_status, fault_envelope(fault), CONTENT_TYPE)

    async def _soap_reply(
        self, device: SimulatedDevice, service: tuple[str, ...], request: HttpRequest
    ) -> HttpReply:
        soap = parse(request.body)
        if not onvif_device.is_open_to_all(soap.name):
            refusal = self._refusal(device, request, soap)
            if refusal is not None:
                return refusal
        operation = _operation(soap)
        authority = request.headers.get("host", "127.0.0.1")
        told = operation(Call(device, soap.body, authority, self._rtsp_port, service))
        body = await told if inspect.isawaitable(told) else told
        reply = envelope(body)
        if device.events.fault == "doctype":
            reply = reply.replace(b"<env:Envelope", _DOCTYPE + b"<env:Envelope", 1)
        return HttpReply(200, reply, CONTENT_TYPE)

    def _refusal(
        self, device: SimulatedDevice, request: HttpRequest, soap: SoapRequest
    ) -> HttpReply | None:
        """None when the credentials are right, else the refusal in the way the client chose.

        ONVIF Core 5.12.1: a wrong token is answered with a fault, no credentials at all with
        the HTTP challenge. Browsers of the standard send a token along with HTTP digest; the
        digest then decides.
        """
        fault = SoapFault("Sender", "NotAuthorized", reason="Sender not Authorized")
        if device.spec.auth != "http_digest" and "authorization" not in request.headers:
            verdict = self._tokens[device.spec.id].judge(soap.header, now_s=device.clock.now_s())
            if verdict is Verdict.ACCEPTED:
                return None
            if verdict is not Verdict.MISSING or device.spec.auth == "wsse":
                raise fault
        if device.spec.auth == "wsse":
            raise fault
        return _digest_refusal(device, request, fault_envelope(fault), CONTENT_TYPE)


def _operation(soap: SoapRequest) -> Operation:
    prefix = _PREFIXES.get(soap.namespace)
    if prefix is None:
        raise SoapFault("Sender", "UnknownAction", reason=f"no service {soap.namespace!r}")
    operation = OPERATIONS.get((prefix, soap.name))
    if operation is None:
        raise SoapFault("Receiver", "ActionNotSupported", reason=f"{soap.name} is not offered")
    return operation


def _digest_refusal(
    device: SimulatedDevice, request: HttpRequest, body: bytes, content_type: str
) -> HttpReply | None:
    gate = device.http_gate
    verdict = gate.judge(request.headers.get("authorization"), request.method, request.target)
    if verdict is Verdict.ACCEPTED:
        return None
    challenges = gate.challenges(is_stale=verdict is Verdict.STALE)
    headers = tuple(("WWW-Authenticate", value) for value in challenges)
    return HttpReply(401, body, content_type, headers)


async def _snapshot(device: SimulatedDevice, request: HttpRequest) -> HttpReply:
    """A JPEG of this instant; HTTP digest, whatever the services ask for."""
    if request.method != "GET":
        return HttpReply(405, headers=(("Allow", "GET"),))
    refusal = _digest_refusal(device, request, b"", "text/plain")
    if refusal is not None:
        return refusal
    picture = await asyncio.to_thread(lambda: jpeg(device.picture(device.spec.format_of("sub"))))
    return HttpReply(200, picture, "image/jpeg")
