"""The national map is a setting: without it nothing outside is named, with it one host alone."""

from collections.abc import Callable

import httpx
import pytest

from backend.settings import load

Client = Callable[..., httpx.Client]


def test_without_a_key_no_outside_address_is_named(client: Client) -> None:
    answer = client("operator").get("/api/site")
    assert answer.json()["tianditu"] is None
    assert "http" not in answer.headers["content-security-policy"]


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch, database: str) -> str:
    monkeypatch.setenv("GRIDLINK_SITE__TIANDITU_KEY", "k3y")
    monkeypatch.setenv("GRIDLINK_SITE__TIANDITU_HOST", "https://map.example.cn")
    load.cache_clear()
    return "https://map.example.cn"


def test_with_a_key_tiles_come_from_the_chosen_host_alone(mirror: str, client: Client) -> None:
    answer = client("operator").get("/api/site")
    tiles = answer.json()["tianditu"]
    assert tiles["base"].startswith(f"{mirror}/vec_w/wmts?")
    assert tiles["labels"].startswith(f"{mirror}/cva_w/wmts?")
    assert tiles["base"].endswith("&tk=k3y") and "TILEROW={y}&TILECOL={x}" in tiles["base"]
    policy = answer.headers["content-security-policy"]
    assert f"img-src 'self' {mirror}" in policy and f"connect-src 'self' {mirror}" in policy
    assert "script-src 'self';" in policy
