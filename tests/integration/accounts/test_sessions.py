"""Signing in, staying in, being thrown out."""

import httpx
import psycopg


def test_a_session_tells_who_is_signed_in(client, land) -> None:
    operator = client("operator", 610522101000)
    told = operator.get("/api/session").json()
    assert told["user"]["role"] == "operator"
    assert told["user"]["division"] == {
        "code": "610522101000",
        "name": "西川镇",
        "level": "township",
    }
    assert "incidents.report" in told["user"]["rights"]


def test_the_cookie_is_closed_to_scripts_and_other_sites(server, account) -> None:
    name = account("operator")
    answer = httpx.post(
        f"{server}/api/session", json={"username": name, "password": "correct horse battery 9"}
    )
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(server, account) -> None:
    name = account("operator")
    wrong = httpx.post(f"{server}/api/session", json={"username": name, "password": "x" * 12})
    unknown = httpx.post(f"{server}/api/session", json={"username": "nobody", "password": "x"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["error"]["code"] == "session.wrong_credentials"


def test_after_five_failures_even_the_right_password_waits(server, account) -> None:
    name = account("operator")
    for _ in range(5):
        httpx.post(f"{server}/api/session", json={"username": name, "password": "wrong wrong"})
    answer = httpx.post(
        f"{server}/api/session", json={"username": name, "password": "correct horse battery 9"}
    )
    assert answer.status_code == 429
    # The window is 15 minutes, so the wait is at most 900 s and more than 800 s right now.
    assert 800 < int(answer.headers["retry-after"]) <= 900


def test_signing_out_ends_the_session_on_the_server(client) -> None:
    operator = client("operator")
    cookie = operator.cookies["gridlink_session"]
    assert operator.delete("/api/session").status_code == 204
    stolen = httpx.get(
        operator.base_url.join("/api/session"), headers={"Cookie": f"gridlink_session={cookie}"}
    )
    assert stolen.status_code == 401


def test_an_unsafe_request_without_the_csrf_token_is_refused(client) -> None:
    operator = client("operator")
    del operator.headers["X-CSRF-Token"]
    refused = operator.delete("/api/session")
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "session.csrf"
    assert operator.get("/api/session").status_code == 200


def test_a_change_of_role_ends_what_is_open(client, database) -> None:
    operator, admin = client("operator"), client("admin")
    user_id = operator.get("/api/session").json()["user"]["id"]
    answer = admin.patch(f"/api/users/{user_id}", json={"role": "inspector"})
    assert answer.status_code == 200, answer.text
    assert operator.get("/api/session").status_code == 401


def test_an_account_past_its_end_is_nobody(client, database) -> None:
    operator = client("operator")
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE users SET ends_at = now() - interval '1 second'")
    assert operator.get("/api/session").status_code == 401


def test_a_bearer_token_works_without_csrf_until_it_is_revoked(client, server) -> None:
    operator = client("operator")
    made = operator.post("/api/tokens", json={"name": "程序"}).json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert httpx.get(f"{server}/api/session", headers=bearer).status_code == 200
    # No CSRF header: a browser never sends a bearer token by itself.
    second = httpx.post(f"{server}/api/tokens", json={"name": "b"}, headers=bearer)
    assert second.json()["error"]["code"] == "tokens.needs_session"
    assert operator.delete(f"/api/tokens/{made['id']}").status_code == 204
    assert httpx.get(f"{server}/api/session", headers=bearer).status_code == 401


def test_no_secret_is_stored_in_the_clear(client, database) -> None:
    operator = client("operator")
    token = operator.post("/api/tokens", json={"name": "p"}).json()["token"]
    cookie = operator.cookies["gridlink_session"]
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT s::text FROM sessions s UNION ALL SELECT t::text FROM tokens t"
            " UNION ALL SELECT u::text FROM users u UNION ALL SELECT r::text FROM register r"
        ).fetchall()
    together = " ".join(row[0] for row in rows)
    for secret in (token, cookie, "correct horse battery 9"):
        assert secret not in together
        assert secret.encode().hex() not in together
