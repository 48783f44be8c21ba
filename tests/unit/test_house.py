"""The house keeps its shape: directions of import, sizes of files, no shelf for odds and ends."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path for package in ("backend", "gis", "video") for path in (ROOT / package).rglob("*.py")
]


def test_imports_go_down_the_house_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["service", "utils", "helpers", "base", "common", "misc"])
def test_no_module_has_a_name_that_says_nothing(name: str) -> None:
    assert [path for path in SOURCES if path.stem == name or path.parent.name == name] == []


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if (lines := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_tests_are_no_package_that_could_shadow_the_real_ones() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_the_server_starts_without_the_heavy_libraries() -> None:
    """They load beside the start (numba) or where they are used: a killed server is back sooner."""
    heavy = ("numba", "pandas", "pyogrio", "rasterio", "httpx", "onveef")
    ask = f"import sys, backend.app; print([name for name in {heavy} if name in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", ask], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert told.stdout.strip() == "[]"
