"""Walks every route: nobody gets in without a sign-in, nobody without the right, no route is open
because somebody forgot to say whom it is for."""

import re

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from backend.accounts.guard import declared_right, guard_routes
from backend.accounts.rights import RIGHTS
from backend.app import create_app

#: The last is the outer gateway's question: 404 to all but the gateway and its own secret.
PUBLIC = {("POST", "/api/session"), ("GET", "/api/health"), ("POST", "/api/media/authorise")}
DIRECT = [("GET", "/api/tiles/roads/1/0/0.mvt"), ("GET", "/api/events")]


def routes() -> list[tuple[str, str, str | None]]:
    """Return method, path and declared right of every API route."""
    found = []
    for context in iter_route_contexts(create_app().routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            method = next(iter(route.methods - {"HEAD"}))
            found.append((method, re.sub(r"{[^}]+}", "1", context.path), declared_right(route)))
    return found


def test_the_walk_finds_the_routes() -> None:
    assert len(routes()) > 30


def test_every_route_declares_a_right_that_some_role_has() -> None:
    given = {right for rights in RIGHTS.values() for right in rights} | {"public"}
    undeclared = [(m, p) for m, p, right in routes() if right not in given]
    assert undeclared == []


def test_only_the_named_routes_are_public() -> None:
    assert {(m, p) for m, p, right in routes() if right == "public"} == PUBLIC


def test_no_route_answers_a_stranger(server) -> None:
    with httpx.Client(base_url=server) as stranger:
        for method, path in [(m, p) for m, p, _ in routes() if (m, p) not in PUBLIC] + DIRECT:
            answer = stranger.request(method, path, content=b"{")
            # 401 and not 422: the body of a stranger is not even read.
            assert answer.status_code == 401, (method, path, answer.text)
            # What GIS programs read is asked for with a token, and says so.
            code = "session.token_required" if path.startswith("/ogc") else "session.required"
            assert answer.json()["error"]["code"] == code, path


def test_the_question_of_the_outer_gateway_is_answered_to_nobody_else(server) -> None:
    answer = httpx.post(f"{server}/api/media/authorise", content=b"{")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("role", list(RIGHTS))
def test_no_route_answers_a_role_without_its_right(client, land, role) -> None:
    asking = client(role)
    for method, path, right in routes():
        if right == "public" or right in RIGHTS[role]:
            continue
        answer = asking.request(method, path)
        assert answer.status_code == 403, (method, path, answer.text)
        assert answer.json()["error"]["code"] == "rights.missing"


def test_an_account_without_a_known_role_has_no_right(client, land, database) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE users DROP CONSTRAINT users_role_check")
    asking = client("owner")
    for method, path in [(m, p) for m, p, right in routes() if right != "public"] + DIRECT:
        assert asking.request(method, path).status_code == 403, (method, path)


@pytest.mark.anyio
async def test_a_route_that_declares_nothing_is_refused_to_an_admin(client, database) -> None:
    admin = client("admin", 0)
    app = FastAPI()

    @app.get("/api/forgotten")
    def forgotten() -> str:
        return "open"

    guard_routes(app)
    from backend import answers

    answers.install(app)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as asking:
        cookie = f"gridlink_session={admin.cookies['gridlink_session']}"
        answer = await asking.get("/api/forgotten", headers={"Cookie": cookie})
    assert answer.status_code == 403


def test_an_inspector_opens_no_picture_and_changes_nothing() -> None:
    for right in ("streams.open", "incidents.report", "incidents.act", "cameras.edit"):
        assert right not in RIGHTS["inspector"]
    assert "register.read" in RIGHTS["inspector"]
