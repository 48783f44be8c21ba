"""alarms: what devices report, the rules that answer, who is subscribed to whom"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

UPGRADE = """
-- The narrowest rule in its hours holds: cameras, then a grid, then a kind of place, then all.
CREATE TABLE alarm_rules (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  division_code bigint NOT NULL CHECK (division_code BETWEEN 0 AND 999999999999),
  kinds text[] NOT NULL CHECK (cardinality(kinds) > 0),
  camera_ids bigint[] CHECK (cardinality(camera_ids) > 0),
  grid_id bigint REFERENCES grids ON DELETE CASCADE,
  place_kind text CHECK (place_kind <> ''),
  windows jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(windows) = 'array'),
  quiet jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(quiet) = 'array'),
  outcome text NOT NULL CHECK (outcome IN ('incident', 'note', 'nothing')),
  incident_kind text REFERENCES incident_kinds,
  severity text CHECK (severity IN ('red', 'yellow', 'blue')),
  storm_count integer NOT NULL DEFAULT 20 CHECK (storm_count BETWEEN 1 AND 1000),
  storm_window_s integer NOT NULL DEFAULT 300 CHECK (storm_window_s BETWEEN 10 AND 86400),
  is_active boolean NOT NULL DEFAULT true,
  changed_by bigint REFERENCES users,
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT alarm_rules_one_place CHECK (num_nonnulls(camera_ids, grid_id, place_kind) <= 1),
  -- An incident is reported in somebody's name: whoever set the rule down.
  CONSTRAINT alarm_rules_incident CHECK (
    (outcome = 'incident') = (incident_kind IS NOT NULL)
    AND (outcome <> 'incident' OR changed_by IS NOT NULL))
);
CREATE INDEX alarm_rules_division_idx ON alarm_rules (division_code);
INSERT INTO alarm_rules (name, division_code, kinds, outcome) VALUES
  ('设备异常提示', 0, '{offline,tamper,video_loss,storage,hardware,input}', 'note');

-- `raised_at` is the device's time, `received_at` ours; `geom` is the ground its view looks at.
CREATE TABLE alarms (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind <> ''),
  source text NOT NULL DEFAULT '',
  topic text NOT NULL DEFAULT '',
  division_code bigint NOT NULL,
  geom geometry(Point, 4326),
  raised_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  repeats integer NOT NULL DEFAULT 1 CHECK (repeats >= 1),
  suppressed integer NOT NULL DEFAULT 0 CHECK (suppressed >= 0),
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'cleared')),
  cleared_at timestamptz,
  clear_reason text,
  outcome text NOT NULL CHECK (outcome IN ('incident', 'note', 'nothing', 'quiet', 'storm')),
  rule_id bigint REFERENCES alarm_rules ON DELETE SET NULL,
  incident_id bigint REFERENCES incidents ON DELETE SET NULL,
  seen_by bigint REFERENCES users,
  seen_at timestamptz,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT alarms_cleared_check CHECK ((state = 'cleared') = (cleared_at IS NOT NULL))
);
CREATE UNIQUE INDEX alarms_active_key ON alarms (camera_id, kind, source) WHERE state = 'active';
CREATE INDEX alarms_division_idx ON alarms (division_code, received_at DESC);
CREATE INDEX alarms_received_idx ON alarms (received_at DESC);
CREATE INDEX alarms_camera_idx ON alarms (camera_id, received_at DESC);
CREATE INDEX alarms_rule_idx ON alarms (rule_id, received_at DESC);
CREATE INDEX alarms_incident_idx ON alarms (incident_id) WHERE incident_id IS NOT NULL;

-- One row a device that was ever asked for its events.
CREATE TABLE event_subscriptions (
  camera_id bigint PRIMARY KEY REFERENCES cameras ON DELETE CASCADE,
  division_code bigint NOT NULL,
  mark text NOT NULL,  -- of the address and sealed login that were asked
  state text NOT NULL CHECK (state IN ('subscribed', 'lost', 'unsupported', 'refused', 'ended')),
  reason text,
  since timestamptz NOT NULL,
  heard_at timestamptz,
  expires_at timestamptz,
  failures integer NOT NULL DEFAULT 0,
  next_try_at timestamptz,
  received bigint NOT NULL DEFAULT 0,
  dropped bigint NOT NULL DEFAULT 0,
  unknown bigint NOT NULL DEFAULT 0,
  unknown_topics text[] NOT NULL DEFAULT '{}'
) WITH (fillfactor = 70);
CREATE INDEX event_subscriptions_division_idx ON event_subscriptions (division_code);

GRANT SELECT, INSERT, UPDATE, DELETE ON alarm_rules TO gridlink_app;
GRANT SELECT, INSERT, UPDATE ON alarms TO gridlink_app;
GRANT SELECT ON event_subscriptions TO gridlink_app;
"""

_TABLES = ("alarm_rules", "alarms", "event_subscriptions")
_SPAN = "BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high())"

DOWNGRADE = "DROP TABLE event_subscriptions, alarms, alarm_rules"


def upgrade() -> None:
    op.execute(UPGRADE)
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY jurisdiction ON {table} TO gridlink_app"
            f" USING (division_code + 0 {_SPAN})"
        )


def downgrade() -> None:
    op.execute(DOWNGRADE)
