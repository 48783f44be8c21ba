"""The page on which outsiders verify a package: no sign-in, no network, nothing of this server.

It is served at `/verify`, and lies in every package as one file.
"""

from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_FOLDER = Path(__file__).parent
_SCRIPT_TAG = '<script src="/verify.js"></script>'
_TYPES = {"/verify": ("verify.html", "text/html"), "/verify.js": ("verify.js", "text/javascript")}


def whole_page() -> str:
    """Return the page as one file that works from a disk."""
    page = (_FOLDER / "verify.html").read_text("utf-8")
    script = (_FOLDER / "verify.js").read_text("utf-8")
    return page.replace(_SCRIPT_TAG, f"<script>\n{script}</script>")


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer `/verify` and its script to anybody."""
    name, media_type = _TYPES.get(scope["path"], ("", ""))
    if not name or scope["method"] not in ("GET", "HEAD"):
        await Response(status_code=404)(scope, receive, send)
        return
    content = (_FOLDER / name).read_bytes()
    headers = {"Cache-Control": "no-cache"}
    await Response(content, media_type=media_type, headers=headers)(scope, receive, send)
