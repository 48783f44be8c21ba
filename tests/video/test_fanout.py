"""Queues and cache of one stream: bounded for the slow, immediate for newcomers."""

import asyncio
import json

from video.fanout import Fanout, Subscription
from video.fmp4 import InitSegment
from video.packager import Fragment

INIT = InitSegment(b"I" * 10, 'video/mp4; codecs="avc1.42c01f"', 640, 360)
AVC = frozenset({"avc1"})


def fragment(name: str, *, key: bool = False, size: int = 100, at_ms: int = 1000) -> Fragment:
    return Fragment(name.encode().ljust(size, b"."), key, at_ms)


def drain(subscription: Subscription) -> list[str]:
    """Everything queued, in short: texts by type, messages by kind and name."""
    subscription.close()

    async def take() -> list[str]:
        items = []
        while (item := await subscription.next()) is not None:
            if isinstance(item, str):
                items.append(json.loads(item)["type"])
            elif item[0] == 0:
                items.append("segment")
            else:
                items.append(f"{item[0]}:{item[9:].replace(b'.', b'').decode()}")
        return items

    return asyncio.run(take())


def begun(**limits: int) -> Fanout:
    fanout = Fanout("native", **limits)
    fanout.begin(INIT)
    return fanout


def test_newcomer_gets_segment_and_cached_group_in_one_message():
    fanout = begun()
    for name in ("k1", "a", "k2", "b", "c"):
        fanout.publish(fragment(name, key=name.startswith("k")))
    viewer = Subscription(AVC)
    fanout.add(viewer)
    fanout.publish(fragment("d"))
    assert drain(viewer) == ["init", "segment", "1:k2bc", "2:d"]


def test_batch_carries_the_reception_of_its_newest_picture():
    fanout = begun()
    fanout.publish(fragment("k", key=True, at_ms=1_700_000_000_000))
    fanout.publish(fragment("a", at_ms=1_700_000_000_040))
    viewer = Subscription(AVC)
    fanout.add(viewer)

    async def third() -> bytes:
        return [await viewer.next() for _ in range(3)][2]

    assert int.from_bytes(asyncio.run(third())[1:9], "big") == 1_700_000_000_040


def test_newcomer_without_cache_waits_for_a_key_frame():
    fanout = begun()
    viewer = Subscription(AVC)
    fanout.add(viewer)
    fanout.publish(fragment("a"))
    fanout.publish(fragment("k", key=True))
    assert drain(viewer) == ["init", "segment", "1:k"]
    assert viewer.dropped == 1


def test_slow_viewer_loses_pictures_up_to_the_next_key_frame_and_nothing_else():
    fanout = begun()
    slow, quick = Subscription(AVC, limit_bytes=350), Subscription(AVC)
    fanout.add(slow)
    fanout.add(quick)
    slow.offer_text('{"type": "status"}')
    # 109 bytes each with their heads: beside the segment's 11, three fit into 350 and "c" does not.
    for name in ("k1", "a", "b", "c", "d", "k2", "e"):
        fanout.publish(fragment(name, key=name.startswith("k")))
    assert slow.dropped == 5
    assert drain(slow) == ["init", "segment", "status", "1:k2", "2:e"]
    assert drain(quick)[2:] == ["1:k1", "2:a", "2:b", "2:c", "2:d", "1:k2", "2:e"]


def test_queue_never_exceeds_its_bound_by_more_than_one_message():
    fanout = begun()
    viewer = Subscription(AVC, limit_bytes=1000)
    fanout.add(viewer)
    for index in range(1000):
        fanout.publish(fragment(f"{index}", key=index % 25 == 0, size=90))
        assert viewer.waiting_bytes <= 1000


def test_group_beyond_the_cap_is_not_cached():
    fanout = begun(cache_bytes=1000)
    fanout.publish(fragment("k", key=True, size=400))
    for _ in range(20):
        fanout.publish(fragment("a", size=400))
        assert fanout.cached_bytes <= 1000
    viewer = Subscription(AVC)
    fanout.add(viewer)
    assert drain(viewer) == ["init", "segment"]


def test_new_beginning_raises_the_generation_and_forgets_old_pictures():
    fanout = begun()
    fanout.publish(fragment("k", key=True))
    viewer = Subscription(AVC)
    fanout.add(viewer)
    fanout.begin(INIT)
    fanout.publish(fragment("a"))
    fanout.publish(fragment("k2", key=True))

    async def generations() -> list[int]:
        viewer.close()
        found = []
        while (item := await viewer.next()) is not None:
            if isinstance(item, str):
                found.append(json.loads(item)["generation"])
        return found

    assert asyncio.run(generations()) == [1, 2]
    assert fanout.cached_bytes == 100
