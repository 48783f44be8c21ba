"""Server-sent events over a real server: who hears what, and who is told to resynchronise."""

import json
import threading
from queue import Queue

import httpx
import pytest
from starlette.datastructures import Headers

from backend import db, events
from backend.access import Principal
from backend.events import EventStreams
from backend.live import Notice, announce

WEST, EAST, COUNTY = 610522101201, 610522102201, 610522000000


class Listener:
    """Reads a stream in a thread; `next()` gives the next (event, data) or fails after 10 s."""

    def __init__(self, client: httpx.Client) -> None:
        self.heard: Queue[tuple[str, dict]] = Queue()
        self.status: Queue[int] = Queue()
        self.ended = threading.Event()
        self._client = client
        threading.Thread(target=self._read, daemon=True).start()
        self.code = self.status.get(timeout=10)

    def _read(self) -> None:
        try:
            with self._client.stream("GET", "/api/events", timeout=30) as answer:
                self.status.put(answer.status_code)
                name = ""
                for line in answer.iter_lines():
                    if line.startswith("event: "):
                        name = line[7:]
                    elif line.startswith("data: "):
                        self.heard.put((name, json.loads(line[6:])))
        except httpx.HTTPError:
            pass
        self.ended.set()

    def next(self) -> tuple[str, dict]:
        return self.heard.get(timeout=10)


def tell(*notices: Notice) -> None:
    with db.begin() as session:
        for notice in notices:
            announce(session, notice)


def test_a_console_resynchronises_first_and_then_hears_changes(client) -> None:
    listener = Listener(client("operator"))
    assert listener.next() == ("resync", {})
    tell(Notice("incident", 7, 3, WEST))
    heard = listener.next()
    while heard[0] == "resync":  # the listener of the process may have connected just now
        heard = listener.next()
    assert heard == ("change", {"noun": "incident", "id": 7, "version": 3})


def test_a_console_hears_only_of_its_jurisdiction(client) -> None:
    listener = Listener(client("operator", 610522101000))
    listener.next()
    tell(Notice("incident", 1, 1, EAST), Notice("incident", 2, 1, COUNTY))
    tell(Notice("media.warm", 9, 0), Notice("layer.roads", 0, 5), Notice("incident", 3, 1, WEST))
    heard = [event for event in (listener.next(), listener.next()) if event[0] == "change"]
    while len(heard) < 2:
        heard.append(listener.next())
    assert heard[0] == ("change", {"noun": "layer", "layer": "roads", "id": 0, "version": 5})
    assert heard[1] == ("change", {"noun": "incident", "id": 3, "version": 1})


def test_nothing_is_heard_of_what_was_rolled_back(client) -> None:
    listener = Listener(client("operator"))
    listener.next()
    with pytest.raises(RuntimeError), db.begin() as session:
        announce(session, Notice("incident", 66, 1, WEST))
        raise RuntimeError
    tell(Notice("incident", 67, 1, WEST))
    heard = listener.next()
    while heard[0] == "resync":
        heard = listener.next()
    assert heard[1]["id"] == 67


def test_a_stranger_hears_nothing(client) -> None:
    assert client(None).get("/api/events").status_code == 401


def test_the_streams_of_one_account_are_bounded(client) -> None:
    operator = client("operator")
    open_ones = [Listener(operator) for _ in range(8)]
    assert {listener.code for listener in open_ones} == {200}
    ninth = operator.get("/api/events")
    assert ninth.status_code == 429
    assert ninth.json()["error"]["code"] == "events.too_many"


def test_a_stream_ends_with_its_session(client, monkeypatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(events, "RECHECK_S", 0.2)
    operator = client("operator")
    listener = Listener(operator)
    listener.next()
    operator.delete("/api/session")
    assert listener.ended.wait(10)


def principal(low: int, high: int) -> Principal:
    return Principal(1, "op", "op", "operator", low, db.Scope(1, low, high), frozenset())


def test_what_lies_in_no_division_is_told_to_the_whole_land_alone() -> None:
    streams = EventStreams(nobody, per_user=1)
    county, land = (events._Console(principal(*span), Headers({})) for span in (
        (COUNTY, COUNTY + 999_999), db.WHOLE_LAND
    ))  # fmt: skip
    streams._consoles |= {county, land}
    streams.tell(Notice("incident", 1, 1, 0))
    assert (len(county.pending), len(land.pending)) == (0, 1)
    streams.tell(Notice("layer.roads", 0, 1))
    assert (len(county.pending), len(land.pending)) == (1, 2)


async def nobody(_: Headers) -> Principal | None:
    return None


def test_a_console_that_cannot_keep_up_is_told_to_resynchronise() -> None:
    streams = EventStreams(nobody, per_user=1)
    console = events._Console(principal(*db.WHOLE_LAND), Headers({}))
    streams._consoles.add(console)
    for number in range(events.QUEUE_LENGTH + 1):
        streams.tell(Notice("incident", number, 1))
    # 256 fill the queue; the 257th empties it and leaves one order to resynchronise.
    assert console.take() == b"event: resync\ndata: {}\n\n"
