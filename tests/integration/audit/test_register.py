"""The register: chained, append-only, verifiable; eight writers at once never fork it."""

import threading

import psycopg
import pytest
from typer.testing import CliRunner

from backend import db
from backend.audit.commands import audit
from backend.audit.register import Act, enter, head, verify

COUNTY = 610522000000


def write(*acts: str) -> None:
    for act in acts:
        with db.begin() as session:
            enter(session, Act(act, 1, "op", division_code=COUNTY))


def verdict():
    with db.begin() as session:
        return verify(session)


def tamper(database: str, *statements: str) -> None:
    """Change rows as the owner of the database could, triggers off."""
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE register DISABLE TRIGGER ALL")
        for statement in statements:
            connection.execute(statement)


def test_an_empty_and_an_honest_chain_verify(database) -> None:
    assert verdict().ok
    write("a", "b", "c")
    assert (verdict().ok, verdict().count) == (True, 3)


def test_details_of_every_kind_survive_the_database(database) -> None:
    odd = {
        "f": 1.0,
        "tiny": 1e-9,
        "huge": 1e20,
        "neg": -0.0,
        "zh": "云溪",
        "n": None,
        "nul": "a\0b",
    }
    with db.begin() as session:
        enter(session, Act("x", None, "op", detail={**odd, "list": [1, {"b": 2, "a": True}]}))
    assert verdict().ok


def test_a_changed_row_is_named(database) -> None:
    write("a", "b", "c", "d")
    tamper(database, "UPDATE register SET actor_name = 'somebody else' WHERE seq = 3")
    found = verdict()
    assert (found.ok, found.first_bad) == (False, 3)


def test_a_removed_row_is_named(database) -> None:
    write("a", "b", "c", "d")
    tamper(database, "DELETE FROM register WHERE seq = 2")
    assert (verdict().ok, verdict().first_bad) == (False, 2)


def test_a_cut_off_tail_is_found_by_the_head(database) -> None:
    write("a", "b", "c", "d")
    tamper(database, "DELETE FROM register WHERE seq > 2")
    assert (verdict().ok, verdict().first_bad) == (False, 3)


def test_a_cut_off_tail_with_a_forged_head_is_found_by_the_head_noted_outside(database) -> None:
    write("a", "b", "c", "d")
    with db.begin() as session:
        noted = head(session)
    tamper(
        database,
        "DELETE FROM register WHERE seq > 2",
        "UPDATE register_head SET seq = 2, hash = (SELECT hash FROM register WHERE seq = 2)",
    )
    assert verdict().ok  # the chain alone cannot tell
    with db.begin() as session:
        found = verify(session, anchors=[noted])
    assert (found.ok, found.first_bad) == (False, 3)  # the first that is missing


FLIPS = {
    "at": "at + interval '1 microsecond'",
    "actor_id": "actor_id + 1",
    "actor_name": "actor_name || ' '",
    "act": "overlay(act placing 'X' from 1 for 1)",
    "purpose": "'x'",
    "camera_id": "7",
    "camera_name": "'x'",
    "incident_id": "7",
    "division_code": "division_code + 1",
    "detail": "detail || '{\"more\": 1}'",
    "previous_hash": "set_byte(previous_hash, 31, get_byte(previous_hash, 31) # 1)",
    "hash": "set_byte(hash, 0, get_byte(hash, 0) # 128)",
}


def test_a_flipped_byte_in_any_column_is_found_at_its_row(database) -> None:
    """Fault F16."""
    write("a", "b", "c", "d")
    tamper(database, "CREATE TABLE honest AS SELECT * FROM register")
    for column, flipped in FLIPS.items():
        tamper(database, f"UPDATE register SET {column} = {flipped} WHERE seq = 3")
        found = verdict()
        assert (found.ok, found.first_bad) == (False, 3), column
        tamper(
            database,
            "DELETE FROM register WHERE seq = 3",
            "INSERT INTO register SELECT * FROM honest WHERE seq = 3",
        )
    assert verdict().ok


def test_a_forged_head_is_found(database) -> None:
    write("a", "b")
    for forged in ("hash = sha256('x')", "seq = seq + 1", "seq = seq - 1"):
        tamper(database, f"UPDATE register_head SET {forged}")
        assert not verdict().ok, forged
        tamper(
            database,
            "UPDATE register_head SET seq = 2, hash = (SELECT hash FROM register WHERE seq = 2)",
        )
    assert verdict().ok


def test_anchors_outside_find_a_rewritten_chain_and_are_not_lengthened_after(
    database, tmp_path
) -> None:
    anchors = str(tmp_path / "anchors.txt")
    write("a", "b")
    assert CliRunner().invoke(audit, ["anchor", anchors]).exit_code == 0
    write("c")
    done = CliRunner().invoke(audit, ["anchor", anchors])
    assert done.output.strip() == "ok: 3 entries, 2 anchors"
    assert CliRunner().invoke(audit, ["verify", "--anchors", anchors]).exit_code == 0
    tamper(
        database,
        "DELETE FROM register",
        "UPDATE register_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')",
        "ALTER TABLE register ENABLE TRIGGER ALL",
    )
    write("a", "b", "d", "e")  # a whole chain again, with another past
    assert CliRunner().invoke(audit, ["verify"]).exit_code == 0
    found = CliRunner().invoke(audit, ["anchor", anchors])
    assert (found.exit_code, found.output.startswith("entry 2:")) == (2, True)
    assert len((tmp_path / "anchors.txt").read_text().splitlines()) == 2


def test_two_swapped_rows_are_found(database) -> None:
    write("a", "b", "c")
    tamper(
        database,
        "UPDATE register SET seq = 99 WHERE seq = 2",
        "UPDATE register SET seq = 2 WHERE seq = 3",
        "UPDATE register SET seq = 3 WHERE seq = 99",
    )
    assert (verdict().ok, verdict().first_bad) == (False, 2)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE register SET act = 'x'", "DELETE FROM register", "TRUNCATE register"],
)
def test_the_database_refuses_to_change_the_register(database, statement) -> None:
    write("a")
    with psycopg.connect(database) as connection, pytest.raises(psycopg.Error, match="append-only"):
        connection.execute(statement)


def test_the_role_of_the_api_may_not_even_try(database) -> None:
    write("a")
    for statement in ("UPDATE register SET act = 'x'", "DELETE FROM register"):
        with (
            psycopg.connect(database) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SET ROLE gridlink_app")
            connection.execute(statement)


@pytest.mark.fault
def test_eight_writers_at_once_do_not_fork_the_chain(database) -> None:
    writers = [threading.Thread(target=write, args=["act"] * 25) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (verdict().ok, verdict().count) == (True, 8 * 25)


def test_what_is_rolled_back_leaves_no_gap(database) -> None:
    write("a")
    with pytest.raises(RuntimeError), db.begin() as session:
        enter(session, Act("lost", 1, "op"))
        raise RuntimeError
    write("b")
    assert (verdict().ok, verdict().count) == (True, 2)


def test_the_command_ends_with_2_and_names_the_row(database) -> None:
    write("a", "b")
    honest = CliRunner().invoke(audit, ["verify"])
    assert (honest.exit_code, honest.output.strip()) == (0, "ok: 2 entries")
    anchor = CliRunner().invoke(audit, ["head"]).output.strip()
    assert CliRunner().invoke(audit, ["verify", "--anchor", anchor]).exit_code == 0
    tamper(database, "UPDATE register SET act = 'x' WHERE seq = 1")
    found = CliRunner().invoke(audit, ["verify"])
    assert found.exit_code == 2
    assert found.output.startswith("entry 1:")


def test_sign_in_and_failed_sign_in_are_entered_without_the_password(client, server) -> None:
    client("operator")
    client(None).post("/api/session", json={"username": "who", "password": "s3cret-guess"})
    entries = client("inspector", 0).get("/api/register").json()["entries"]
    acts = [entry["act"] for entry in entries]
    assert acts == ["session.opened", "session.refused", "session.opened"]
    assert "s3cret-guess" not in str(entries)


def test_an_inspector_sees_the_register_of_the_own_jurisdiction(client, database) -> None:
    with db.begin() as session:
        enter(session, Act("west", 1, "op", camera_id=5, division_code=610522101201))
        enter(session, Act("other", 1, "op", camera_id=5, division_code=610523000000))
    inspector = client("inspector")
    shown = inspector.get("/api/register?camera_id=5").json()["entries"]
    assert [entry["act"] for entry in shown] == ["west"]
    checked = inspector.get("/api/register/verify").json()
    assert (checked["ok"], checked["count"]) == (True, 3)  # the two and the sign-in
