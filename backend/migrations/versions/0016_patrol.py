"""patrol: visits and ground derived from fixes; requirements, their states, checkpoints, alerts"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UPGRADE = """
-- What a grid's bits stand for: its cells and pieces of road in a fixed order. `digest` names
-- exactly this plan; bits of another one are never read with it. Cells lie in rows from a corner,
-- metres in the frame around a centre: `runs` are (row, first column, column after the last).
CREATE TABLE patrol_plans (
  grid_id bigint PRIMARY KEY REFERENCES grids ON DELETE CASCADE,
  division_code bigint NOT NULL,
  digest bigint NOT NULL,
  frame_lon double precision NOT NULL,
  frame_lat double precision NOT NULL,
  corner_x double precision NOT NULL,
  corner_y double precision NOT NULL,
  runs bytea NOT NULL,
  cells integer NOT NULL,
  cell_m2 double precision NOT NULL,
  road_pieces integer NOT NULL,
  road_m double precision NOT NULL,
  piece_m bytea NOT NULL
);

-- One row for each UTC day a visit touches, so that a day depends on its own fixes alone;
-- `is_continued`: the unit was in the grid when the day began, and the visit counts there.
CREATE TABLE visits (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  grid_id bigint NOT NULL REFERENCES grids ON DELETE CASCADE,
  division_code bigint NOT NULL,
  day date NOT NULL,
  entered_at timestamptz NOT NULL,
  left_at timestamptz NOT NULL,
  dwell_s double precision NOT NULL CHECK (dwell_s >= 0),
  is_sure boolean NOT NULL,
  basis text NOT NULL CHECK (basis IN ('seen', 'passed', 'silence', 'unheard')),
  is_continued boolean NOT NULL,
  CHECK (left_at >= entered_at)
);
CREATE INDEX visits_grid_idx ON visits (grid_id, entered_at);
CREATE INDEX visits_unit_idx ON visits (unit_id, day);
CREATE INDEX visits_division_idx ON visits (division_code, entered_at);

-- One unit's ground of one hour in one grid; bit n is cell or road piece n of the plan.
CREATE TABLE patrol_traces (
  grid_id bigint NOT NULL REFERENCES grids ON DELETE CASCADE,
  hour timestamptz NOT NULL,
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  division_code bigint NOT NULL,
  plan bigint NOT NULL,
  visited bit varying NOT NULL,
  likely bit varying NOT NULL,
  unknown bit varying NOT NULL,
  road_visited bit varying NOT NULL,
  road_likely bit varying NOT NULL,
  road_unknown bit varying NOT NULL,
  PRIMARY KEY (grid_id, hour, unit_id)
);
CREATE INDEX patrol_traces_unit_idx ON patrol_traces (unit_id, hour);

-- All units of an hour together. A bit is set in one of the three at most.
CREATE TABLE patrol_grounds (
  grid_id bigint NOT NULL REFERENCES grids ON DELETE CASCADE,
  hour timestamptz NOT NULL,
  division_code bigint NOT NULL,
  plan bigint NOT NULL,
  visited bit varying NOT NULL,
  likely bit varying NOT NULL,
  unknown bit varying NOT NULL,
  road_visited bit varying NOT NULL,
  road_likely bit varying NOT NULL,
  road_unknown bit varying NOT NULL,
  PRIMARY KEY (grid_id, hour)
);
CREATE INDEX patrol_grounds_division_idx ON patrol_grounds (division_code, hour);

CREATE TABLE patrol_figures (
  grid_id bigint NOT NULL REFERENCES grids ON DELETE CASCADE,
  hour timestamptz NOT NULL,
  division_code bigint NOT NULL,
  visited_m2 double precision NOT NULL,
  likely_m2 double precision NOT NULL,
  unknown_m2 double precision NOT NULL,
  road_visited_m double precision NOT NULL,
  road_likely_m double precision NOT NULL,
  road_unknown_m double precision NOT NULL,
  units integer NOT NULL,
  visits integer NOT NULL,
  dwell_s double precision NOT NULL,
  last_visit_at timestamptz,
  PRIMARY KEY (grid_id, hour)
);
CREATE INDEX patrol_figures_division_idx ON patrol_figures (division_code, hour);

-- From what a day was derived: when it is still the same, nothing is computed. `before`, `after`:
-- the fixes of the neighbouring days that took part; when they change, so may this day.
-- `duty_until`: the end of the last duty that had ended then; silence until it is counted.
CREATE TABLE patrol_derived (
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  day date NOT NULL,
  digest bytea NOT NULL,
  before bytea NOT NULL,
  after bytea NOT NULL,
  duty_until timestamptz,
  PRIMARY KEY (unit_id, day)
);

CREATE TABLE requirements (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  division_code bigint NOT NULL CHECK (division_code BETWEEN 0 AND 999999999999),
  grid_id bigint REFERENCES grids ON DELETE CASCADE,
  grid_kind text CHECK (grid_kind IN ('basic', 'exclusive')),
  set_name text,
  weekdays smallint[] NOT NULL DEFAULT '{1,2,3,4,5,6,7}' CHECK (
    cardinality(weekdays) BETWEEN 1 AND 7 AND weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]),
  begins time NOT NULL,
  ends time NOT NULL,
  times integer CHECK (times BETWEEN 1 AND 1000),
  longest_interval_s integer CHECK (longest_interval_s BETWEEN 60 AND 604800),
  least_share double precision CHECK (least_share > 0 AND least_share <= 1),
  unit_kinds text[] CHECK (cardinality(unit_kinds) > 0
    AND unit_kinds <@ '{household_head,grid_worker,volunteer,response}'::text[]),
  valid_from date NOT NULL DEFAULT CURRENT_DATE,
  valid_to date,
  is_active boolean NOT NULL DEFAULT true,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT requirements_asks_check
    CHECK (num_nonnulls(times, longest_interval_s, least_share) > 0),
  CONSTRAINT requirements_valid_check CHECK (valid_to >= valid_from)
);
CREATE INDEX requirements_division_idx ON requirements (division_code);
CREATE INDEX requirements_grid_idx ON requirements (grid_id);

CREATE TABLE requirement_states (
  requirement_id bigint NOT NULL REFERENCES requirements ON DELETE CASCADE,
  grid_id bigint NOT NULL REFERENCES grids ON DELETE CASCADE,
  window_start timestamptz NOT NULL,
  window_end timestamptz NOT NULL,
  division_code bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('met', 'not_met', 'unknown', 'due', 'open')),
  times integer NOT NULL DEFAULT 0,
  last_visit_at timestamptz,
  why jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (requirement_id, grid_id, window_start),
  CHECK (window_end > window_start)
);
CREATE INDEX requirement_states_division_idx ON requirement_states (division_code, window_end);
CREATE INDEX requirement_states_grid_idx ON requirement_states (grid_id, window_end);

CREATE TABLE checkpoints (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  division_code bigint NOT NULL DEFAULT 0,
  geom geometry(Point, 4326) NOT NULL,
  geom_3857 geometry(Point, 3857) GENERATED ALWAYS AS (ST_Transform(geom, 3857)) STORED,
  radius_m double precision NOT NULL DEFAULT 30 CHECK (radius_m BETWEEN 5 AND 500),
  longest_interval_s integer CHECK (longest_interval_s BETWEEN 60 AND 604800),
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1
);
CREATE INDEX checkpoints_geom_idx ON checkpoints USING gist (geom);
CREATE INDEX checkpoints_division_idx ON checkpoints (division_code);

CREATE TABLE checkpoint_visits (
  checkpoint_id bigint NOT NULL REFERENCES checkpoints ON DELETE CASCADE,
  unit_id bigint NOT NULL REFERENCES units ON DELETE CASCADE,
  at timestamptz NOT NULL,
  how text NOT NULL CHECK (how IN ('position', 'handheld')),
  division_code bigint NOT NULL,
  PRIMARY KEY (checkpoint_id, at, unit_id, how)
);
CREATE INDEX checkpoint_visits_unit_idx ON checkpoint_visits (unit_id, at);
CREATE INDEX checkpoint_visits_division_idx ON checkpoint_visits (division_code, at);

CREATE TABLE alerts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL
    CHECK (kind IN ('requirement_due', 'requirement_broken', 'checkpoint', 'eyeson')),
  subject_kind text NOT NULL CHECK (subject_kind IN ('grid', 'place', 'checkpoint')),
  subject_id bigint NOT NULL,
  requirement_id bigint REFERENCES requirements ON DELETE SET NULL,
  division_code bigint NOT NULL,
  severity text NOT NULL CHECK (severity IN ('red', 'yellow', 'blue')),
  rule text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}',
  raised_at timestamptz NOT NULL,
  cleared_at timestamptz,
  clear_reason text,
  seen_by bigint REFERENCES users ON DELETE SET NULL,
  seen_at timestamptz,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT alerts_cleared_check CHECK ((cleared_at IS NULL) = (clear_reason IS NULL))
);
CREATE UNIQUE INDEX alerts_open_key
  ON alerts (kind, subject_kind, subject_id, coalesce(requirement_id, 0), rule)
  WHERE cleared_at IS NULL;
CREATE INDEX alerts_subject_idx ON alerts (subject_kind, subject_id, raised_at);
CREATE INDEX alerts_division_idx ON alerts (division_code, raised_at);

GRANT SELECT ON patrol_plans, visits, patrol_traces, patrol_grounds, patrol_figures,
  requirement_states TO gridlink_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON requirements, checkpoints TO gridlink_app;
GRANT SELECT, INSERT ON checkpoint_visits TO gridlink_app;
GRANT SELECT, UPDATE (seen_by, seen_at, version) ON alerts TO gridlink_app;
"""

_JURISDICTION = (
    "patrol_plans",
    "visits",
    "patrol_traces",
    "patrol_grounds",
    "patrol_figures",
    "requirements",
    "requirement_states",
    "checkpoints",
    "checkpoint_visits",
    "alerts",
)

DOWNGRADE = """
DROP TABLE alerts, checkpoint_visits, checkpoints, requirement_states, requirements,
  patrol_derived, patrol_figures, patrol_grounds, patrol_traces, visits, patrol_plans;
"""


def upgrade() -> None:
    op.execute(UPGRADE)
    for table in _JURISDICTION:
        op.execute(
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
            f" CREATE POLICY jurisdiction ON {table} TO gridlink_app USING (division_code + 0"
            " BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()))"
        )
    op.execute("ALTER TABLE patrol_derived ENABLE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.execute(DOWNGRADE)
