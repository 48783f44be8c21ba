"""units: forces, their duty and trackers, the fixes of a day in a partition, where each is now"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE units (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  set_name text NOT NULL DEFAULT 'default',
  code text NOT NULL CHECK (code <> ''),
  name text NOT NULL CHECK (name <> ''),
  initials text NOT NULL DEFAULT '',
  kind text NOT NULL CHECK (kind IN ('household_head', 'grid_worker', 'volunteer', 'response')),
  is_team boolean NOT NULL DEFAULT false,
  strength integer NOT NULL DEFAULT 1 CHECK (strength BETWEEN 1 AND 10000),
  vehicle text NOT NULL DEFAULT 'foot' CHECK (vehicle IN ('foot', 'ebike', 'motorcycle', 'car')),
  skills text[] NOT NULL DEFAULT '{}',
  division_code bigint NOT NULL DEFAULT 0 CHECK (division_code BETWEEN 0 AND 999999999999),
  user_id bigint REFERENCES users ON DELETE SET NULL,
  is_active boolean NOT NULL DEFAULT true,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT units_set_name_code_key UNIQUE (set_name, code),
  CONSTRAINT units_user_id_key UNIQUE (user_id)
);
CREATE INDEX units_division_idx ON units (division_code);
CREATE INDEX units_code_idx ON units (code);
CREATE INDEX units_name_idx ON units USING gin (name gin_trgm_ops);
CREATE INDEX units_initials_idx ON units (initials text_pattern_ops);

CREATE TABLE unit_grids (
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  grid_id bigint NOT NULL REFERENCES grids ON DELETE CASCADE,
  PRIMARY KEY (unit_id, grid_id)
);
CREATE INDEX unit_grids_grid_idx ON unit_grids (grid_id);

-- 'url': for phone trackers that can put a token nowhere but into the address.
CREATE TABLE trackers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  name text NOT NULL,
  form text NOT NULL DEFAULT 'header' CHECK (form IN ('header', 'url')),
  token_hash bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  last_heard_at timestamptz,
  CONSTRAINT trackers_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX trackers_unit_idx ON trackers (unit_id);

CREATE TABLE shift_plans (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  name text NOT NULL,
  weekdays smallint[] NOT NULL CHECK (
    cardinality(weekdays) BETWEEN 1 AND 7 AND weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]),
  begins time NOT NULL,
  ends time NOT NULL,
  valid_from date NOT NULL DEFAULT CURRENT_DATE,
  valid_to date,
  CHECK (valid_to >= valid_from)
);
CREATE INDEX shift_plans_unit_idx ON shift_plans (unit_id);

CREATE TABLE shifts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  division_code bigint NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz,
  source text NOT NULL CHECK (source IN ('plan', 'handheld', 'dispatcher')),
  plan_id bigint REFERENCES shift_plans ON DELETE SET NULL,
  CHECK (ends_at >= starts_at)
);
CREATE INDEX shifts_unit_idx ON shifts (unit_id, starts_at);
CREATE INDEX shifts_division_idx ON shifts (division_code, starts_at);
-- Who is on duty now is asked of all units at once: the past of each must cost nothing.
CREATE INDEX shifts_end_idx ON shifts (unit_id, (coalesce(ends_at, 'infinity'::timestamptz)));
CREATE INDEX shifts_ends_idx ON shifts (ends_at);
-- Planned once; what was cut short since is not planned anew.
CREATE UNIQUE INDEX shifts_plan_key ON shifts (plan_id, starts_at) WHERE plan_id IS NOT NULL;
CREATE UNIQUE INDEX shifts_open_key ON shifts (unit_id) WHERE ends_at IS NULL;

CREATE FUNCTION unit_on_duty(asked_unit bigint, asked_at timestamptz) RETURNS boolean
  LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM shifts s WHERE s.unit_id = asked_unit AND s.starts_at <= asked_at
    AND coalesce(s.ends_at, 'infinity'::timestamptz) > asked_at)
$$;

-- The key is the whole row, so that any order of arrival leaves the same set. -1 = unknown.
-- No GiST: on the hot partition it costs half of all points (measured).
CREATE TABLE fixes (
  unit_id bigint NOT NULL,
  at timestamptz NOT NULL,
  lon_e7 integer NOT NULL,
  lat_e7 integer NOT NULL,
  accuracy_dm integer NOT NULL DEFAULT -1,
  speed_cms integer NOT NULL DEFAULT -1,
  PRIMARY KEY (unit_id, at, lon_e7, lat_e7, accuracy_dm, speed_cms)
) PARTITION BY RANGE (at);

-- A partition is attached, not created as one: that would lock out every reader of the others.
CREATE FUNCTION fixes_partition(day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE part text := 'fixes_' || to_char(day, 'YYYYMMDD');
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('fixes_partition'));
  IF to_regclass('public.' || part) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE public.%I (LIKE public.fixes INCLUDING ALL)', part);
  EXECUTE format(
    'ALTER TABLE public.fixes ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
    part, day::text || ' 00:00+00', (day + 1)::text || ' 00:00+00');
END $$;

CREATE TABLE fix_refusals (
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  day date NOT NULL,
  reason text NOT NULL,
  rows bigint NOT NULL,
  last_at timestamptz NOT NULL,
  last_skew_s double precision,
  PRIMARY KEY (unit_id, day, reason)
);

CREATE TABLE unit_positions (
  unit_id bigint PRIMARY KEY REFERENCES units ON DELETE CASCADE,
  division_code bigint NOT NULL,
  at timestamptz NOT NULL,
  lon_e7 integer NOT NULL,
  lat_e7 integer NOT NULL,
  accuracy_dm integer NOT NULL,
  speed_cms integer NOT NULL,
  accuracy_m double precision GENERATED ALWAYS AS (
    CASE WHEN accuracy_dm >= 0 THEN accuracy_dm / 10.0 END) STORED,
  speed_mps double precision GENERATED ALWAYS AS (
    CASE WHEN speed_cms >= 0 THEN speed_cms / 100.0 END) STORED,
  geom geometry(Point, 4326) GENERATED ALWAYS AS (
    ST_SetSRID(ST_MakePoint(lon_e7 / 1e7, lat_e7 / 1e7), 4326)) STORED,
  geom_3857 geometry(Point, 3857) GENERATED ALWAYS AS (
    ST_Transform(ST_SetSRID(ST_MakePoint(lon_e7 / 1e7, lat_e7 / 1e7), 4326), 3857)) STORED,
  -- The transaction that wrote the row: what is below the oldest one still open is complete.
  version bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint
) WITH (fillfactor = 60);
CREATE INDEX unit_positions_geom_idx ON unit_positions USING gist (geom);
CREATE INDEX unit_positions_geom_3857_idx ON unit_positions USING gist (geom_3857);
CREATE INDEX unit_positions_version_idx ON unit_positions (version);

-- What must be derived anew. Deriving deletes the rows it has read, and only as it read them
-- (same `at`): what arrived meanwhile has touched its row again.
CREATE TABLE patrol_dirty (
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  day date NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (unit_id, day)
);

-- The unit's division is where its duty and place are seen from.
CREATE FUNCTION unit_moved_division() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE shifts SET division_code = NEW.division_code WHERE unit_id = NEW.id;
  UPDATE unit_positions
    SET division_code = NEW.division_code, version = pg_current_xact_id()::text::bigint
    WHERE unit_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER moved_division AFTER UPDATE OF division_code ON units FOR EACH ROW
  WHEN (OLD.division_code <> NEW.division_code) EXECUTE FUNCTION unit_moved_division();

GRANT SELECT, INSERT, UPDATE ON units, trackers, shifts TO gridlink_app;
GRANT SELECT, INSERT, DELETE ON unit_grids TO gridlink_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON shift_plans TO gridlink_app;
GRANT DELETE ON shifts TO gridlink_app;
GRANT UPDATE (version) ON unit_positions TO gridlink_app;
GRANT SELECT ON fixes, fix_refusals, unit_positions, patrol_dirty TO gridlink_app;
"""

_JURISDICTION = ("units", "shifts", "unit_positions")
_THROUGH_UNIT = (
    "unit_grids",
    "trackers",
    "shift_plans",
    "fixes",
    "fix_refusals",
    "patrol_dirty",
)
_SPAN = "BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high())"

DOWNGRADE = """
DROP TABLE patrol_dirty, unit_positions, fix_refusals, fixes, shifts, shift_plans, trackers,
  unit_grids, units;
DROP FUNCTION unit_on_duty(bigint, timestamptz);
DROP FUNCTION fixes_partition(date);
DROP FUNCTION unit_moved_division();
"""


def upgrade() -> None:
    op.execute(UPGRADE)
    for table in (*_JURISDICTION, *_THROUGH_UNIT):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    for table in _JURISDICTION:
        op.execute(
            f"CREATE POLICY jurisdiction ON {table} TO gridlink_app"
            f" USING (division_code + 0 {_SPAN})"
        )
    for table in _THROUGH_UNIT:
        op.execute(
            f"CREATE POLICY through_unit ON {table} TO gridlink_app"
            " USING (EXISTS (SELECT FROM units u WHERE u.id = unit_id))"
        )


def downgrade() -> None:
    op.execute(DOWNGRADE)
