"""What the database itself keeps: rights that end, a register that only grows by its next link, and
a role of the API that reaches no more than its requests need."""

import httpx
import psycopg
import pytest

from backend import db
from backend.audit.register import Act, enter, verify
from backend.divisions.codes import span

COUNTY, WEST, EAST = 610522000000, 610522101000, 610522102000


@pytest.mark.parametrize(
    "change",
    [{"role": "inspector"}, {"password": "another one 2"}, {"division_code": str(EAST)}],
)
def test_a_change_of_rights_ends_tokens_too(client, server, change) -> None:
    operator, admin = client("operator"), client("admin")
    user_id = operator.get("/api/session").json()["user"]["id"]
    token = operator.post("/api/tokens", json={"name": "程序"}).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{server}/api/session", headers=bearer).status_code == 200
    assert admin.patch(f"/api/users/{user_id}", json=change).status_code == 200
    assert httpx.get(f"{server}/api/session", headers=bearer).status_code == 401


def test_a_new_display_name_signs_nobody_out(client) -> None:
    operator, admin = client("operator"), client("admin")
    user_id = operator.get("/api/session").json()["user"]["id"]
    admin.patch(f"/api/users/{user_id}", json={"display_name": "王五"})
    assert operator.get("/api/session").json()["user"]["display_name"] == "王五"


def test_the_end_of_a_session_is_entered_in_its_division(client) -> None:
    client("operator", WEST).delete("/api/session")
    entries = client("inspector", WEST).get("/api/register").json()["entries"]
    assert "session.ended" in [entry["act"] for entry in entries]


FORGERIES = {
    "the head alone": "UPDATE register_head SET seq = 0",
    "the head's hash": "UPDATE register_head SET hash = '\\x00'",
    "a row out of line": "INSERT INTO register (seq, at, actor_id, actor_name, act, previous_hash,"
    " hash) VALUES (9, now(), 1, 'x', 'x', '\\x00', '\\x00')",
    "a row in another's name": "INSERT INTO register (seq, at, actor_id, actor_name, act,"
    " previous_hash, hash) SELECT seq + 1, now(), 2, 'x', 'x', hash, '\\x00' FROM register_head",
    "a foreign cookie": "SELECT token_hash FROM sessions",
    "a foreign session": "UPDATE sessions SET user_id = 1",
    "the count of failures": "DELETE FROM login_attempts",
    "a used ticket": "UPDATE streams SET used_at = NULL",
}


@pytest.mark.parametrize("statement", FORGERIES.values(), ids=FORGERIES.keys())
def test_the_role_of_the_api_is_refused(database, statement) -> None:
    with db.begin(db.Scope(1, *span(COUNTY))) as session:
        enter(session, Act("a", 1, "op", division_code=COUNTY))
    with psycopg.connect(database) as connection:
        connection.execute("SET ROLE gridlink_app")
        connection.execute("SELECT set_config('gridlink.user_id', '1', true)")
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation)):
            connection.execute(statement)
    with db.begin() as session:
        found = verify(session)
    assert (found.ok, found.count) == (True, 1)


def test_imports_are_seen_by_those_who_may_see_who_made_them(client, land) -> None:
    west, east = client("planner", WEST), client("planner", EAST)
    makers = [c.get("/api/session").json()["user"]["id"] for c in (west, east)]
    for maker, name in zip([*makers, None], ("west.shp", "east.shp", "cli.shp"), strict=True):
        land.run(
            "INSERT INTO imports (kind, file_name, set_name, user_id, written, report)"
            " VALUES ('roads', %s, 's', %s, true, '{}')",
            name,
            maker,
        )

    def seen(reader: httpx.Client) -> list[str]:
        return [row["file_name"] for row in reader.get("/api/imports").json()["imports"]]

    assert seen(west) == ["west.shp"]
    assert seen(client("inspector", COUNTY)) == ["east.shp", "west.shp"]
    assert seen(client("admin", 0)) == ["cli.shp", "east.shp", "west.shp"]
