"""The longer questions to the database, each a named file in `backend/queries/`."""

from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text


@cache
def question(name: str) -> TextClause:
    """Return the statement of `backend/queries/dispatch_{name}.sql`."""
    return text((files("backend") / "queries" / f"dispatch_{name}.sql").read_text("utf-8"))
