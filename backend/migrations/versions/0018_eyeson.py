"""eyes-on: when a grid or key place was last in view or reached, by which deadline it has to be"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UPGRADE = """
-- `watched_since`: never seen before it is not known. `view` is what cameras show right now.
CREATE TABLE eyeson_clocks (
  subject_kind text NOT NULL CHECK (subject_kind IN ('grid', 'place')),
  subject_id bigint NOT NULL,
  division_code bigint NOT NULL,
  watched_since timestamptz NOT NULL,
  view text NOT NULL CHECK (view IN ('in_view', 'unknown', 'out_of_view', 'no_camera')),
  camera_at timestamptz,
  camera_id bigint,
  unit_at timestamptz,
  unit_id bigint,
  deadline_s integer CHECK (deadline_s > 0),
  due_share double precision CHECK (due_share > 0 AND due_share <= 1),
  red_factor double precision CHECK (red_factor >= 1),
  colour text NOT NULL CHECK (colour IN ('none', 'blue', 'yellow', 'red')),
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (subject_kind, subject_id)
) WITH (fillfactor = 60);  -- every row is written every minute
CREATE INDEX eyeson_clocks_division_idx ON eyeson_clocks (subject_kind, division_code);

-- The narrowest rule holds: one subject, then its kind, then all; a township before its county.
CREATE TABLE eyeson_deadlines (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject_kind text NOT NULL CHECK (subject_kind IN ('grid', 'place')),
  kind text CHECK (kind <> ''),
  subject_id bigint,
  division_code bigint NOT NULL CHECK (division_code BETWEEN 0 AND 999999999999),
  deadline_s integer NOT NULL CHECK (deadline_s BETWEEN 60 AND 31622400),
  due_share double precision NOT NULL DEFAULT 0.8 CHECK (due_share > 0 AND due_share <= 1),
  red_factor double precision NOT NULL DEFAULT 2 CHECK (red_factor >= 1),
  CONSTRAINT eyeson_deadlines_one_key CHECK (kind IS NULL OR subject_id IS NULL),
  CONSTRAINT eyeson_deadlines_rule_key
    UNIQUE NULLS NOT DISTINCT (subject_kind, kind, subject_id, division_code)
);
INSERT INTO eyeson_deadlines (subject_kind, division_code, deadline_s) VALUES
  ('grid', 0, 86400), ('place', 0, 43200);

-- Seconds of an hour a subject was in view for sure, and may have been; the rest it was not.
CREATE TABLE eyeson_hours (
  subject_kind text NOT NULL CHECK (subject_kind IN ('grid', 'place')),
  subject_id bigint NOT NULL,
  hour timestamptz NOT NULL,
  division_code bigint NOT NULL,
  seen_s real NOT NULL CHECK (seen_s BETWEEN 0 AND 3600),
  unknown_s real NOT NULL CHECK (unknown_s BETWEEN 0 AND 3600),
  known_until timestamptz NOT NULL,
  PRIMARY KEY (subject_kind, subject_id, hour),
  CHECK (seen_s + unknown_s <= 3600.01)
);
CREATE INDEX eyeson_hours_hour_idx ON eyeson_hours (hour);

-- A unit's fix on the ground of a key place, the run of them as one row.
CREATE TABLE eyeson_reaches (
  place_id bigint NOT NULL REFERENCES places ON DELETE CASCADE,
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  reached_at timestamptz NOT NULL,
  left_at timestamptz NOT NULL,
  division_code bigint NOT NULL,
  PRIMARY KEY (place_id, unit_id, reached_at),
  CHECK (left_at >= reached_at)
);
CREATE INDEX eyeson_reaches_place_idx ON eyeson_reaches (place_id, left_at DESC);
CREATE INDEX eyeson_reaches_unit_idx ON eyeson_reaches (unit_id, reached_at);

-- Days of units with new fixes. Written when patrol has derived a day and lets its mark go, so
-- that taking fixes in pays nothing for it.
CREATE TABLE eyeson_dirty (
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  day date NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (unit_id, day)
);
CREATE FUNCTION eyeson_day_derived() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO eyeson_dirty (unit_id, day)
    SELECT d.unit_id, d.day FROM done d JOIN units u ON u.id = d.unit_id ORDER BY 1, 2
    ON CONFLICT (unit_id, day) DO UPDATE SET at = clock_timestamp();
  RETURN NULL;
END $$;
CREATE TRIGGER eyeson_derived AFTER DELETE ON patrol_dirty REFERENCING OLD TABLE AS done
  FOR EACH STATEMENT EXECUTE FUNCTION eyeson_day_derived();

GRANT SELECT ON eyeson_clocks, eyeson_hours, eyeson_reaches TO gridlink_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON eyeson_deadlines TO gridlink_app;
"""

_JURISDICTION = ("eyeson_clocks", "eyeson_deadlines", "eyeson_hours", "eyeson_reaches")
_SPAN = "BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high())"

DOWNGRADE = """
DROP TRIGGER eyeson_derived ON patrol_dirty;
DROP FUNCTION eyeson_day_derived();
DROP TABLE eyeson_dirty, eyeson_reaches, eyeson_hours, eyeson_deadlines, eyeson_clocks;
"""


def upgrade() -> None:
    op.execute(UPGRADE)
    op.execute("ALTER TABLE eyeson_dirty ENABLE ROW LEVEL SECURITY")  # for no one but the owner
    for table in _JURISDICTION:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY jurisdiction ON {table} TO gridlink_app"
            f" USING (division_code + 0 {_SPAN})"
        )


def downgrade() -> None:
    op.execute(DOWNGRADE)
