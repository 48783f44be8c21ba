"""Serves the built console, the handheld under `/m/`; a path that is no file is theirs to route."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST = Path(__file__).parent / "console_dist"
_ABSENT = (
    "<!doctype html><meta charset=utf-8><title>gridlink</title>"
    "<p>控制台尚未构建，请运行 make setup。<p>The console is not built yet: run make setup."
)


class Console(StaticFiles):
    """Files of `backend/console_dist`; hashed ones may be kept for ever, the pages never."""

    def __init__(self, directory: Path = DIST) -> None:
        self._page = directory / "index.html"
        super().__init__(directory=directory, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file, or the page for a deep link; never a page for a missing asset."""
        if not self._page.exists():
            return HTMLResponse(_ABSENT, 503)
        if scope["path"] == "/m":  # the service worker's realm ends in a slash
            return RedirectResponse("/m/")
        try:
            response = await super().get_response(path, scope)
        except HTTPException as missing:
            if missing.status_code != 404 or path.startswith(("assets/", "m/assets/", "api/")):
                raise
            page = "m/index.html" if path == "m" or path.startswith("m/") else "index.html"
            response = await super().get_response(page, scope)
        is_hashed = path.startswith(("assets/", "m/assets/"))
        lasting = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        response.headers["Cache-Control"] = lasting
        return response
