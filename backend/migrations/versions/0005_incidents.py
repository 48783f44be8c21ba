"""incidents: kinds and transitions as data, incidents, timeline, linked cameras, imports"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE incident_kinds (
  code text PRIMARY KEY,
  name_zh text NOT NULL,
  name_en text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('red', 'yellow', 'blue')),
  position integer NOT NULL
);
INSERT INTO incident_kinds VALUES
  ('fire', '火情烟雾', 'Fire or smoke', 'red', 1),
  ('traffic', '交通事故', 'Traffic accident', 'yellow', 2),
  ('dispute', '矛盾纠纷', 'Dispute', 'yellow', 3),
  ('crowd', '人群聚集', 'Crowding', 'yellow', 4),
  ('flood', '积水内涝', 'Flooding', 'red', 5),
  ('facility', '设施损坏', 'Damaged facility', 'blue', 6),
  ('environment', '环境卫生', 'Environment', 'blue', 7),
  ('safety', '安全隐患', 'Safety hazard', 'yellow', 8),
  ('help', '群众求助', 'Call for help', 'yellow', 9),
  ('other', '其他', 'Other', 'blue', 99);

CREATE TABLE incident_transitions (
  from_state text NOT NULL,
  act text NOT NULL,
  to_state text NOT NULL,
  needs_result boolean NOT NULL DEFAULT false,
  roles text[] NOT NULL,
  PRIMARY KEY (from_state, act)
);
INSERT INTO incident_transitions VALUES
  ('reported', 'handle', 'handling', false, '{admin,operator,dispatcher}'),
  ('reported', 'reject', 'rejected', true, '{admin,operator,dispatcher}'),
  ('handling', 'close', 'closed', true, '{admin,operator,dispatcher}'),
  ('handling', 'reject', 'rejected', true, '{admin,operator,dispatcher}'),
  ('reported', 'note', 'reported', false, '{admin,operator,dispatcher}'),
  ('handling', 'note', 'handling', false, '{admin,operator,dispatcher}');

CREATE TABLE incidents (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number text NOT NULL,
  kind text NOT NULL REFERENCES incident_kinds,
  severity text NOT NULL CHECK (severity IN ('red', 'yellow', 'blue')),
  state text NOT NULL DEFAULT 'reported'
    CHECK (state IN ('reported', 'handling', 'closed', 'rejected')),
  geom geometry(Point, 4326) NOT NULL,
  place_id bigint REFERENCES places ON DELETE SET NULL,
  place_text text,
  division_code bigint NOT NULL DEFAULT 0,
  description text NOT NULL DEFAULT '',
  reported_by bigint NOT NULL REFERENCES users,
  reported_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  result text,
  idempotency_key text,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT incidents_number_key UNIQUE (number),
  CONSTRAINT incidents_idempotency_key UNIQUE (reported_by, idempotency_key),
  CONSTRAINT incidents_result_check
    CHECK (state NOT IN ('closed', 'rejected') OR (result IS NOT NULL AND closed_at IS NOT NULL))
);
CREATE INDEX incidents_open_idx ON incidents (reported_at DESC)
  WHERE state IN ('reported', 'handling');
CREATE INDEX incidents_reported_at_idx ON incidents (reported_at DESC, id DESC);
CREATE INDEX incidents_geom_idx ON incidents USING gist (geom);

-- The number of the day's last incident. One counter for all jurisdictions: nobody sees the
-- others' incidents, and still no number is given twice.
CREATE TABLE incident_serials (
  day date PRIMARY KEY,
  last integer NOT NULL
);

-- The step itself is checked here too: a row cannot jump past the table of transitions.
CREATE FUNCTION incident_check_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND NOT EXISTS (
    SELECT FROM incident_transitions t WHERE t.from_state = OLD.state AND t.to_state = NEW.state
  ) THEN
    RAISE EXCEPTION 'an incident cannot go from % to %', OLD.state, NEW.state
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_transition BEFORE UPDATE ON incidents
  FOR EACH ROW EXECUTE FUNCTION incident_check_transition();

CREATE TABLE incident_grids (
  incident_id bigint NOT NULL REFERENCES incidents ON DELETE CASCADE,
  set_name text NOT NULL,
  grid_id bigint NOT NULL,
  grid_code text NOT NULL,
  grid_name text NOT NULL,
  PRIMARY KEY (incident_id, set_name)
);
CREATE TABLE incident_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident_id bigint NOT NULL REFERENCES incidents ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT now(),
  actor_id bigint NOT NULL REFERENCES users,
  actor_name text NOT NULL,
  act text NOT NULL,
  from_state text,
  to_state text,
  text text NOT NULL DEFAULT ''
);
CREATE INDEX incident_entries_incident_idx ON incident_entries (incident_id, id);
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON incident_entries
  FOR EACH ROW EXECUTE FUNCTION gridlink_refuse_change();
CREATE TABLE incident_cameras (
  incident_id bigint NOT NULL REFERENCES incidents ON DELETE CASCADE,
  rank smallint NOT NULL,
  camera_id bigint NOT NULL,
  sight text NOT NULL CHECK (sight IN ('certain', 'possible', 'blocked')),
  answer jsonb NOT NULL,
  PRIMARY KEY (incident_id, rank)
);

CREATE TABLE imports (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  file_name text NOT NULL,
  set_name text NOT NULL,
  user_id bigint,
  at timestamptz NOT NULL DEFAULT now(),
  written boolean NOT NULL,
  report jsonb NOT NULL
);

GRANT SELECT ON incident_kinds, incident_transitions TO gridlink_app;
GRANT SELECT, INSERT, UPDATE ON incidents, incident_serials TO gridlink_app;
GRANT SELECT, INSERT ON incident_grids, incident_entries, incident_cameras, imports TO gridlink_app;

ALTER TABLE incidents ENABLE ROW LEVEL SECURITY;
ALTER TABLE incident_grids ENABLE ROW LEVEL SECURITY;
ALTER TABLE incident_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE incident_cameras ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON incidents TO gridlink_app
  USING (division_code BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY through_incident ON incident_grids TO gridlink_app
  USING (EXISTS (SELECT FROM incidents i WHERE i.id = incident_id));
CREATE POLICY through_incident ON incident_entries TO gridlink_app
  USING (EXISTS (SELECT FROM incidents i WHERE i.id = incident_id));
CREATE POLICY through_incident ON incident_cameras TO gridlink_app
  USING (EXISTS (SELECT FROM incidents i WHERE i.id = incident_id));
"""

DOWNGRADE = """
DROP TABLE imports, incident_cameras, incident_entries, incident_grids, incidents,
  incident_serials,
  incident_transitions, incident_kinds;
DROP FUNCTION incident_check_transition();
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
