"""The API keeps to its own document under whatever schemathesis can think of, within bounds."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from backend.accounts.secrets import digest, new_bearer_token
from backend.app import create_app

#: Routes that speak to devices or to media workers, which this test does not run.
OUTSIDE = ("/api/cameras/probe", "/enrol", "/snapshot")
EXAMPLES = 6
CHECKS = [not_a_server_error, response_schema_conformance]


def test_no_request_makes_the_server_fail_or_break_its_promise(land, account, server) -> None:
    land.add_camera("门口", 110.0107, 34.5103)
    schema = schemathesis.openapi.from_dict(without_tuples(create_app().openapi()))
    walked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if any(part in operation.path for part in OUTSIDE):
            continue
        # An account for each: some requests sign themselves out, or change their own password.
        bearer = {"Authorization": f"Bearer {token_for(land, account('admin', 0))}"}
        walk(operation.as_strategy(), server, bearer)
        with suppress(Unsatisfiable):  # what takes no input cannot be asked wrongly
            wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
            walk(wrong, server, bearer)
        walked += 1
    assert walked > 30


def walk(cases, server: str, bearer: dict[str, str]) -> None:
    """Send generated requests of one operation and check what comes back."""
    bounds = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @bounds
    @given(case=cases)
    def send(case: Case) -> None:
        answer = case.call(base_url=server, headers=bearer, timeout=20)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            told = answer.json()["error"]
            assert {"code", "message", "fields", "detail"} == told.keys(), case.as_curl_command()

    run: Callable[[], None] = send
    run()


def without_tuples(part: Any) -> Any:
    """Return a document with tuples as arrays: schemathesis 4.32 misreads `prefixItems`."""
    if isinstance(part, list):
        return [without_tuples(each) for each in part]
    if not isinstance(part, dict):
        return part
    plain = {key: without_tuples(value) for key, value in part.items()}
    if "prefixItems" in plain:
        plain["items"] = plain.pop("prefixItems")[0]
    return plain


def token_for(land, username: str) -> str:
    token = new_bearer_token()
    land.run(
        "INSERT INTO tokens (token_hash, name, user_id, expires_at)"
        " SELECT %s, 'fuzz', id, now() + interval '1 hour' FROM users WHERE username = %s",
        *(digest(token), username),
    )
    return token
