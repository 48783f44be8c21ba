"""Serves the built console; every path that is no file is the console's own to route."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST = Path(__file__).parent / "console_dist"
_ABSENT = (
    "<!doctype html><meta charset=utf-8><title>gridlink</title>"
    "<p>控制台尚未构建，请运行 make setup。<p>The console is not built yet: run make setup."
)


class Console(StaticFiles):
    """Files of `backend/console_dist`; hashed ones may be kept for ever, the page itself never."""

    def __init__(self, directory: Path = DIST) -> None:
        self._page = directory / "index.html"
        super().__init__(directory=directory, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, or the page for a deep link; never a page for a missing asset."""
        if not self._page.exists():
            return HTMLResponse(_ABSENT, 503)
        try:
            response = await super().get_response(path, scope)
        except HTTPException as missing:
            if missing.status_code != 404 or path.startswith(("assets/", "api/")):
                raise
            response = await super().get_response("index.html", scope)
        lasting = (
            "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
        )
        response.headers["Cache-Control"] = lasting
        return response
