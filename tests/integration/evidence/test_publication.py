"""A copy for publication: asked for at the API, made by the job, sealed, tied to its original."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from backend.evidence.publishing import publish
from backend.evidence.verifying import verify

LEFT_HALF = {"points": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}


def white() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 32), "white").save(out, "JPEG", quality=95)
    return out.getvalue()


def asked(desk: Any, original: int, *masks: Any) -> Any:
    return desk.client.post(f"/api/evidence/{original}/publication", json={"masks": [*masks]})


def test_a_copy_covers_what_was_drawn_and_names_its_original(
    desk: Any, pieces: Any, store: Path, land: Any
) -> None:
    original = pieces(white())
    answer = asked(desk, original, LEFT_HALF)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    copy = answer.json()["id"]
    jobs = land.run("SELECT args FROM procrastinate_jobs WHERE task_name LIKE '%evidence.publish'")
    assert jobs == [({"evidence_id": copy},)]
    publish(copy)
    publish(copy)  # a job that is done again makes nothing more
    made = desk.one(copy)
    assert (made["kind"], made["state"], made["original_id"]) == ("publication", "kept", original)
    read = desk.client.get(f"/api/evidence/{copy}/file", params={"purpose": "incident"})
    pixels = np.asarray(Image.open(io.BytesIO(read.content)))
    assert pixels[:, :24].max() < 40
    assert pixels[:, 44:].min() > 200
    manifest = json.loads((store / str(copy) / "manifest.json").read_text("utf-8"))
    assert manifest["original"]["manifest_sha256"] == desk.one(original)["manifest_sha256"]
    assert manifest["masks"][0]["points"] == LEFT_HALF["points"]
    package = store.parent / "copy.zip"
    exported = desk.client.get(f"/api/evidence/{copy}/export", params={"purpose": "incident"})
    package.write_bytes(exported.content)
    assert verify(package).ok


def test_a_copy_that_cannot_be_made_is_told(desk: Any, pieces: Any) -> None:
    broken = asked(desk, pieces(b"\xff\xd8 no picture"), LEFT_HALF).json()["id"]
    publish(broken)
    assert (desk.one(broken)["state"], desk.one(broken)["end_reason"]) == (
        "failed",
        "masking_failed",
    )


def test_a_copy_needs_areas_and_an_original(desk: Any, pieces: Any) -> None:
    original = pieces(white())
    assert asked(desk, original).json()["error"]["code"] == "evidence.masks_missing"
    outside = {"points": [[0, 0], [2, 0], [0, 1]]}
    assert asked(desk, original, outside).status_code == 422
    copy = asked(desk, original, LEFT_HALF).json()["id"]
    assert asked(desk, copy, LEFT_HALF).json()["error"]["code"] == "evidence.original_needed"
