"""Sealed evidence handed over: one altered byte anywhere is found, and named by its file."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from backend import db
from backend.evidence.commands import evidence
from backend.evidence.keys import public_of
from backend.evidence.sketch import Place, draw
from backend.evidence.verifying import verify


@pytest.fixture
def package(desk: Any, pieces: Any, tmp_path: Path) -> Path:
    """A package as the API hands it over."""
    answer = desk.client.get(
        f"/api/evidence/{pieces(bytes(range(256)) * 20)}/export", params={"purpose": "inspection"}
    )
    assert answer.status_code == 200, answer.text
    path = tmp_path / "package.zip"
    path.write_bytes(answer.content)
    return path


def files_of(package: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(package) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_package_holds_all_that_an_outsider_needs(package: Path, desk: Any, land: Any) -> None:
    files = files_of(package)
    assert set(files) >= {
        *("README.zh.txt", "README.en.txt", "verify.html", "snapshot.jpg", "sketch.svg"),
        *("manifest.json", "manifest.sig", "public-key.pem", "register.json", "package.json"),
    }
    report = verify(package, public_of(files["public-key.pem"]))
    assert report.ok, report.findings
    assert report.fingerprint in files["README.en.txt"].decode()
    assert "http" not in files["sketch.svg"].decode().replace("http://www.w3.org/2000/svg", "")
    manifest = json.loads(files["manifest.json"])
    assert manifest["incident"]["number"] == desk.incident["number"]
    [(purpose, detail)] = land.run(
        "SELECT purpose, detail FROM register WHERE act = 'evidence.exported'"
    )
    assert (purpose, detail["evidence"]) == ("inspection", manifest["id"])
    [(sealed,)] = land.run("SELECT detail FROM register WHERE act = 'evidence.sealed'")
    assert sealed["files"] == {"snapshot.jpg": manifest["parts"][0]["sha256"]}


def test_the_sketch_shows_what_the_camera_saw_and_where_the_incident_was(
    desk: Any, pieces: Any, store: Path, land: Any
) -> None:
    camera = land.add_camera("西门", 110.0050, 34.5050)
    land.run(
        "INSERT INTO viewsheds (pose_id, camera_id, division_code, certain, certain_area_m2)"
        " SELECT id, camera_id, 0, ST_Multi(ST_MakeEnvelope(110.0050, 34.5050, 110.0060, 34.5060,"
        " 4326)), 1 FROM poses WHERE camera_id = %s",
        camera,
    )
    with db.begin() as session:
        here = Place(110.0050, 34.5050, "西门 <1>")
        drawing = draw(session, camera, here, Place(110.0050, 34.5055, "YX-1"))
    [corners] = re.findall(r'<path class="certain" d="M([^"]+)Z"', drawing)
    x, y = zip(*(map(float, corner.split()) for corner in corners.split("L")), strict=True)
    # The camera stands in the middle, 360 px; its view lies to the north-east, up and right.
    assert (min(x), max(y)) == (360, 360)
    # 0.001 deg of longitude at 34.505 N is 91.7 m, of latitude 111.3 m.
    assert (max(x) - 360) / (360 - min(y)) == pytest.approx(0.824, abs=0.002)
    assert "西门 &lt;1&gt;" in drawing


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(choice=st.data())
def test_one_altered_byte_in_any_file_is_found_and_named(
    package: Path, tmp_path: Path, choice: Any
) -> None:
    files = files_of(package)
    name = choice.draw(st.sampled_from(sorted(files)))
    offset = choice.draw(st.integers(0, len(files[name]) - 1))
    flip = choice.draw(st.integers(1, 255))
    altered = bytearray(files[name])
    altered[offset] ^= flip
    report = verify(zipped(files | {name: bytes(altered)}, tmp_path / "altered.zip"))
    assert not report.ok
    of_one = {"package.sig": "package.json", "manifest.sig": "manifest.json"}
    faulty = {each.file for each in report.findings if each.fault}
    # A changed key fails what it signed; every other file is named itself.
    if not name.endswith(".pem"):
        assert {name, of_one.get(name, name)} & faulty


def test_a_file_added_or_left_out_is_named(package: Path, tmp_path: Path) -> None:
    files = files_of(package)
    more = verify(zipped(files | {"extra.mp4": b"x"}, tmp_path / "more.zip"))
    assert [f.file for f in more.findings if f.fault] == ["extra.mp4"]
    del files["snapshot.jpg"]
    fewer = verify(zipped(files, tmp_path / "fewer.zip"))
    assert {f.file for f in fewer.findings if f.fault} == {"snapshot.jpg"}


def test_a_package_signed_by_somebody_else_is_refused_under_the_known_key(
    package: Path, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    other = Ed25519PrivateKey.generate().public_key().public_bytes(*raw)
    report = verify(package, other)
    assert [f.fault for f in report.findings if f.fault] == ["this is not the key that was given"]


def test_what_is_no_package_is_told_so(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.zip"
    nothing.write_bytes(b"PK nothing")
    assert not verify(nothing).ok
    done = CliRunner().invoke(evidence, ["verify", str(nothing)])
    assert done.exit_code == 2


def test_the_command_names_what_is_wrong_and_ends_with_2(package: Path, tmp_path: Path) -> None:
    good = CliRunner().invoke(evidence, ["verify", str(package)])
    assert (good.exit_code, "ok: exactly as it was sealed" in good.output) == (0, True)
    files = files_of(package)
    files["snapshot.jpg"] = files["snapshot.jpg"][:-1] + b"?"
    bad = CliRunner().invoke(evidence, ["verify", str(zipped(files, tmp_path / "bad.zip"))])
    assert bad.exit_code == 2
    assert "BAD  snapshot.jpg: the file was altered" in bad.output


def test_the_store_itself_is_checked_against_the_register(
    pieces: Any, store: Path, land: Any
) -> None:
    first, second = pieces(b"one"), pieces(b"two")
    assert CliRunner().invoke(evidence, ["verify"]).exit_code == 0
    (store / str(first) / "snapshot.jpg").write_bytes(b"0ne")
    found = CliRunner().invoke(evidence, ["verify"])
    assert found.exit_code == 2
    assert f"BAD  {first}/snapshot.jpg" in found.output
    assert f"ok   {second}/snapshot.jpg" in found.output


def test_an_altered_file_is_not_exported(desk: Any, pieces: Any, store: Path) -> None:
    kept = pieces(b"one")
    (store / str(kept) / "snapshot.jpg").write_bytes(b"0ne")
    answer = desk.client.get(f"/api/evidence/{kept}/export", params={"purpose": "incident"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "evidence.damaged")


def test_a_new_key_signs_and_the_old_one_still_verifies(
    desk: Any, pieces: Any, tmp_path: Path
) -> None:
    before = pieces(b"one")
    old = desk.one(before)["key_id"]
    assert CliRunner().invoke(evidence, ["rotate-key"]).exit_code == 0
    after = pieces(b"two")
    assert desk.one(after)["key_id"] != old
    answer = desk.client.get(f"/api/evidence/{before}/export", params={"purpose": "incident"})
    path = tmp_path / "old.zip"
    path.write_bytes(answer.content)
    report = verify(path)
    assert report.ok, report.findings
    shown = CliRunner().invoke(evidence, ["key"]).output.encode()
    assert verify(path, public_of(shown[: shown.index(b"#")])).ok
    told = desk.client.get("/api/evidence/keys").json()["keys"]
    assert [key["retired_at"] is None for key in told] == [True, False]


def test_the_database_lets_nobody_change_what_was_sealed(pieces: Any, land: Any) -> None:
    kept = pieces()
    for statement in (
        "UPDATE evidence SET manifest = '{}' WHERE id = %s",
        "UPDATE evidence SET end_reason = 'stopped' WHERE id = %s",
        "DELETE FROM evidence WHERE id = %s",
        "UPDATE evidence_parts SET size_bytes = 1 WHERE evidence_id = %s",
    ):
        with pytest.raises(Exception, match=r"sealed evidence|stays on record|append-only"):
            land.run(statement, kept)


def test_the_page_for_outsiders_needs_no_sign_in_and_nothing_from_elsewhere(server: str) -> None:
    import httpx

    page = httpx.get(f"{server}/verify")
    script = httpx.get(f"{server}/verify.js")
    assert (page.status_code, script.status_code) == (200, 200)
    assert "text/javascript" in script.headers["content-type"]
    assert 'src="/verify.js"' in page.text
    assert "http" not in page.text + script.text.replace("https 打开", "").replace("by https", "")
    assert httpx.get(f"{server}/verify.txt").status_code == 404


def test_an_export_is_streamed_as_a_plain_zip(package: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(package.read_bytes())) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
