"""The console's types are those of the API as it is now; `make types` renews them."""

import json
import os
import subprocess
from pathlib import Path

from backend.app import create_app

WEB = Path(__file__).resolve().parents[2] / "web"


def test_types_of_the_console_are_current(database: str, tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(create_app().openapi(), sort_keys=True), "utf-8")
    fresh = tmp_path / "schema.d.ts"
    generator = WEB / "node_modules" / ".bin" / "openapi-typescript"
    subprocess.run(
        [generator, document, "--output", fresh, "--root-types", "--immutable", "false"],
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )
    committed = WEB / "src" / "api" / "schema.d.ts"
    assert committed.read_text("utf-8") == fresh.read_text("utf-8"), "run `make types`"
