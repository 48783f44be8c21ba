"""The schema itself: models and migrations agree, migrations can be taken back, and nothing in it
has room for a person."""

import re

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from geoalchemy2 import Geometry
from psycopg import sql
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from backend import databases, db
from backend.accounts import models as _accounts  # noqa: F401  each fills the metadata
from backend.alarms import models as _alarms  # noqa: F401
from backend.audit import models as _audit  # noqa: F401
from backend.basemap import models as _basemap  # noqa: F401
from backend.cameras import models as _cameras  # noqa: F401
from backend.cameras.aiming import models as _aiming  # noqa: F401
from backend.cameras.health import models as _health  # noqa: F401
from backend.coverage import models as _coverage  # noqa: F401
from backend.coverage.sitings import models as _sitings  # noqa: F401
from backend.dispatch import models as _dispatch  # noqa: F401
from backend.divisions import models as _divisions  # noqa: F401
from backend.evidence import models as _evidence  # noqa: F401
from backend.exchange import kinds
from backend.exchange import models as _exchange  # noqa: F401
from backend.eyeson import models as _eyeson  # noqa: F401
from backend.grids import models as _grids  # noqa: F401
from backend.grids.staff import models as _staff  # noqa: F401
from backend.incidents import models as _incidents  # noqa: F401
from backend.patrol import models as _patrol  # noqa: F401
from backend.patrol.checkpoints import models as _checkpoints  # noqa: F401
from backend.patrol.deriving import models as _deriving  # noqa: F401
from backend.patrol.requirements import models as _requirements  # noqa: F401
from backend.places import models as _places  # noqa: F401
from backend.restricted import models as _restricted  # noqa: F401
from backend.wall import models as _wall  # noqa: F401


def connect(url: str) -> Connection:
    return create_engine(make_url(url).set(drivername="postgresql+psycopg")).connect()


def test_a_clone_is_migrated_and_holds_the_small_land(land) -> None:
    assert land.run("SELECT count(*) FROM divisions") == [(8,)]
    # 4 villages x (2 basic + 1 police) + 1 of the neighbour
    assert land.run("SELECT count(*) FROM grids") == [(13,)]


def test_a_clone_belongs_to_one_test(database: str) -> None:
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM divisions").fetchone() == (0,)


def differ(_context, _stored, _declared, stored_type, declared_type) -> bool:
    """Return whether two types hold different things; text and varchar hold the same."""
    if isinstance(stored_type, Geometry):
        same = ("geometry_type", "srid")
        return any(getattr(stored_type, k) != getattr(declared_type, k) for k in same)
    return stored_type._type_affinity is not declared_type._type_affinity


def test_models_and_migrations_agree_on_tables_columns_and_types(database: str) -> None:
    declared = db.Table.metadata.tables
    with connect(database) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": differ})
        found = compare_metadata(context, db.Table.metadata)
    # Indexes, constraints and derived columns (geom_3857) are stated in the migrations alone.
    wrong = []
    for difference in found:
        steps = difference if isinstance(difference, list) else [difference]
        for step in steps:
            is_derived = step[0] == "remove_column" and step[3].name.endswith("_3857")
            is_column = step[0] in ("add_column", "remove_column", "modify_type", "modify_nullable")
            if step[0] == "add_table" or (is_column and step[2] in declared and not is_derived):
                wrong.append(step)
    assert wrong == []


def test_migrations_can_be_taken_back_and_applied_again(database: str) -> None:
    def tables() -> set[str]:
        with psycopg.connect(database) as connection:
            rows = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
        return {name for (name,) in rows}

    before = tables()
    with connect(database) as connection, connection.begin():
        config = Config()
        config.set_main_option(
            "script_location", str(databases.Path(databases.__file__).parent / "migrations")
        )
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert tables() <= {"alembic_version", "spatial_ref_sys"}
    databases.upgrade(database)
    assert tables() == before


#: What would let a table hold somebody who is not on the staff. `households` is a number of them.
PERSONAL = re.compile(
    r"(?:^|_)(?:persons?|people|residents?|citizens?|suspects?|owner|contact|phone|mobile|telephone"
    r"|email|wechat|id_?card|identity|passport|birth|gender|sex|ethnic|religion|plates?|licen[cs]e"
    r"|vehicles?|faces?|portraits?|fingerprint|iris|gait|biometric|watch_?lists?|blacklist"
    r"|track_id|embedding|feature_vector)(?:_|$)"
)


def test_no_table_has_room_for_a_person(database: str) -> None:
    with psycopg.connect(database) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name NOT LIKE 'procrastinate%'"
        ).fetchall()
    assert len(columns) > 100
    # How a force itself travels (on foot, by car) is told of the force; no plate comes with it.
    travel = {("units", "vehicle"), ("road_speeds", "vehicle")}
    named = {name for column in columns if column not in travel for name in column}
    assert {name for name in named if PERSONAL.search(name)} == set()


def test_no_importer_has_a_field_for_a_person() -> None:
    fields = [
        field.name
        for name in kinds.NAMES
        for field in kinds.kind_of(name, default_height_m=9.0).fields
    ]
    assert len(fields) > 15
    assert [field for field in fields if PERSONAL.search(field)] == []


@pytest.mark.parametrize("name", ["owner_name", "phone", "id_card", "plate_no", "face_vector"])
def test_the_promise_would_notice_such_a_column(name: str) -> None:
    assert PERSONAL.search(name)


def test_days_are_those_of_utc_even_where_the_server_keeps_another_time(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        name = owner.info.dbname
        owner.execute(
            sql.SQL("ALTER DATABASE {} SET timezone TO 'Pacific/Auckland'").format(
                sql.Identifier(name)
            )
        )
    with psycopg.connect(database) as plain:
        assert plain.execute("SHOW timezone").fetchall() == [("Pacific/Auckland",)]
    db.engine.cache_clear()
    with db.begin() as session:
        assert session.scalar(text("SHOW timezone")) == "UTC"
