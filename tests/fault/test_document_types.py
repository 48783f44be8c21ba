"""F8: a document type is refused at every door XML comes in by; no file is read, no socket opened.

A listener and a file lie in wait: whatever a hostile text names is one of them.
"""

import asyncio
import re
import shutil
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest

from backend.patrol.importing.gpx import points
from gis.columns import Field
from gis.faults import FileRefused
from gis.intake import Order, take_in
from gis.reading import Source
from gis.staging import StagingLimits, stage
from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.device import probe
from video.errors import DeviceError, ProtocolViolation
from video.events import read_events

pytestmark = pytest.mark.fault

ROOT = Path(__file__).resolve().parents[2]
SECRET = "canary-7f3a"


@dataclass
class Canary:
    """A file and a port nobody may touch."""

    file: Path
    port: int
    calls: list[bytes] = field(default_factory=list)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Canary]:
    lying = tmp_path / "canary.txt"
    lying.write_text(SECRET, "utf-8")
    listener = socket.create_server(("127.0.0.1", 0))
    waiting = Canary(lying, listener.getsockname()[1])

    def listen() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller:
                caller.settimeout(1)
                waiting.calls.append(caller.recv(1024))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield waiting
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def hostile(canary: Canary) -> dict[str, str]:
    """Return document types by what they try."""
    url = f"http://127.0.0.1:{canary.port}"
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return {
        "bare": "<!DOCTYPE gpx>",
        "external subset": f'<!DOCTYPE gpx SYSTEM "{url}/x.dtd">',
        "file": f'<!DOCTYPE gpx [<!ENTITY x SYSTEM "file://{canary.file}">]>',
        "socket": f'<!DOCTYPE gpx [<!ENTITY x SYSTEM "{url}/x">]>',
        "parameter": f'<!DOCTYPE gpx [<!ENTITY % x SYSTEM "{url}/p"> %x;]>',
        "billion laughs": f'<!DOCTYPE gpx [<!ENTITY l0 "lol">{lol}<!ENTITY x "&l9;">]>',
    }


TRIES = ("bare", "external subset", "file", "socket", "parameter", "billion laughs")
every_try = pytest.mark.parametrize("what", TRIES)


def written(canary: Canary, what: str, document: str, *, encoding: str = "utf-8") -> bytes:
    """Return a document with a hostile type before its root, and its entity in the text."""
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{hostile(canary)[what]}'
    uses = what in ("file", "socket", "billion laughs")
    return (declared + document.replace("TEXT", "&x;" if uses else "t")).encode(encoding)


# --- tracks of strangers ---------------------------------------------------------------------

GPX = (
    '<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><name>TEXT</name><trkseg>'
    '<trkpt lat="34.5" lon="110"><time>TEXT</time></trkpt></trkseg></trk></gpx>'
)


@every_try
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_track_file(canary: Canary, tmp_path: Path, what: str, encoding: str) -> None:
    file = tmp_path / "a.gpx"
    file.write_bytes(written(canary, what, GPX, encoding=encoding))
    with pytest.raises(FileRefused) as refused:
        list(points(file))
    assert SECRET not in repr(refused.value)
    assert canary.calls == []


# --- workbooks and maps of strangers ---------------------------------------------------------


def taken(path: Path) -> object:
    folder = path.parent / "private"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    staged = stage(path, folder, Source(folder, "", None), StagingLimits())
    return take_in(Order(staged.source, "point", (Field("name", ("名称",)),)))


@every_try
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook(canary: Canary, tmp_path: Path, what: str, part: str) -> None:
    good, bad = tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["name", "lon", "lat"])
    book.active.append(["a", 110.0, 34.5])
    book.save(good)
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            said = old.read(name).decode()
            if name == part:
                said = re.sub(r"^<\?xml.*?\?>\s*", "", said)
                new.writestr(name, written(canary, what, said))
            else:
                new.writestr(name, said)
    assert taken(good) is not None
    with pytest.raises(FileRefused) as refused:
        taken(bad)
    assert SECRET not in repr(refused.value)
    assert canary.calls == []


@pytest.mark.parametrize("suffix", [".kml", ".kmz", ".gml", ".svg", ".xml", ".wfs"])
def test_maps_in_xml_are_no_kind_of_file_that_is_taken(
    canary: Canary, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"a{suffix}"
    file.write_bytes(written(canary, "socket", "<kml>TEXT</kml>"))
    with pytest.raises(FileRefused) as refused:
        taken(file)
    assert refused.value.code == "file.kind"
    assert canary.calls == []


# --- devices ---------------------------------------------------------------------------------

SOAP = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    '<GetDeviceInformationResponse xmlns="http://www.onvif.org/ver10/device/wsdl">'
    "<Manufacturer>TEXT</Manufacturer></GetDeviceInformationResponse></s:Body></s:Envelope>"
)


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], str]]:
    """Return `answering(body)`: the address of a device that gives this answer to everything."""
    servers: list[asyncio.base_events.Server] = []
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def serve(body: bytes) -> str:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
            writer.close()

        async def start() -> asyncio.base_events.Server:
            return await asyncio.start_server(answer, "127.0.0.1", 0)

        server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/onvif/device_service"

    yield serve
    for server in servers:
        loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@every_try
def test_an_answer_of_a_device(
    canary: Canary, answering: Callable[[bytes], str], what: str
) -> None:
    address = answering(written(canary, what, SOAP))
    with pytest.raises(DeviceError) as refused:
        asyncio.run(probe(address, Credentials(), AddressPolicy.of("127.0.0.0/8"), total_s=30))
    assert isinstance(refused.value, ProtocolViolation)
    assert SECRET not in str(refused.value)
    assert canary.calls == []


@every_try
def test_events_of_a_device(canary: Canary, what: str) -> None:
    with pytest.raises(ProtocolViolation):
        read_events(written(canary, what, SOAP).decode())
    assert canary.calls == []


# --- nobody opens another door ---------------------------------------------------------------

#: Every file that reads XML, and why it is safe; a new one has to be added here and tested above.
DOORS = {
    "backend/patrol/importing/gpx.py",  # defusedxml, no document type
    "gis/workbooks.py",  # looked through before openpyxl reads
    "video/mending.py",  # of answers that `OnvifSession` has let through
    "video/simulator/soap.py",  # defusedxml, no document type
}
_READS = re.compile(
    r"\b(?:iterparse|(?<!_)fromstring|ParserCreate|parseString|make_parser|XMLParser)\("
    r"|\b(?:ElementTree|ET|etree|minidom|sax|objectify)\.(?:parse|XML|fromstring|iterparse)\("
)


def test_no_other_module_reads_xml_by_itself() -> None:
    """What reads through onveef has its one reader: defusedxml, no entity, nothing from outside."""
    found = {
        str(path.relative_to(ROOT))
        for package in ("backend", "gis", "video")
        for path in (ROOT / package).rglob("*.py")
        if _READS.search(path.read_text("utf-8"))
    }
    assert found - DOORS == set()
    assert {"backend/patrol/importing/gpx.py", "gis/workbooks.py"} <= found


def test_the_library_for_devices_reads_by_defusedxml() -> None:
    from onveef import parsers

    assert parsers._safe_fromstring.__module__.startswith("defusedxml")
