"""dispatch: tasks, assignments and call-outs with their steps as data, timeline, photographs"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UPGRADE = """
-- The number of a day's last task, over all jurisdictions, as incidents have theirs.
CREATE TABLE task_serials (
  day date PRIMARY KEY,
  last integer NOT NULL
);

CREATE TABLE tasks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number text NOT NULL CONSTRAINT tasks_number_key UNIQUE,
  kind text NOT NULL CHECK (kind IN ('incident', 'patrol', 'check', 'other')),
  title text NOT NULL CHECK (title <> ''),
  text text NOT NULL DEFAULT '',
  severity text NOT NULL CHECK (severity IN ('red', 'yellow', 'blue')),
  incident_id bigint REFERENCES incidents,
  alert_id bigint,  -- no reference: the task stays on record when its alert is gone
  division_code bigint NOT NULL DEFAULT 0,
  geom geometry(Point, 4326),
  place_text text,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'cancelled')),
  deadline_at timestamptz,
  created_by bigint NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL DEFAULT now(),
  done_at timestamptz,
  result text,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT tasks_ended_check CHECK ((state = 'open') = (done_at IS NULL))
);
CREATE INDEX tasks_open_idx ON tasks (id DESC) WHERE state = 'open';
CREATE INDEX tasks_created_at_idx ON tasks (created_at);
CREATE INDEX tasks_incident_idx ON tasks (incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX tasks_alert_idx ON tasks (alert_id) WHERE alert_id IS NOT NULL;
CREATE INDEX tasks_geom_idx ON tasks USING gist (geom);

CREATE TABLE task_grids (
  task_id bigint NOT NULL REFERENCES tasks ON DELETE CASCADE,
  grid_id bigint NOT NULL,
  grid_code text NOT NULL,
  grid_name text NOT NULL,
  PRIMARY KEY (task_id, grid_id)
);

CREATE TABLE assignment_transitions (
  from_state text NOT NULL,
  act text NOT NULL,
  to_state text NOT NULL,
  needs_text boolean NOT NULL DEFAULT false,
  roles text[] NOT NULL,
  PRIMARY KEY (from_state, act)
);
INSERT INTO assignment_transitions VALUES
  ('offered', 'accept', 'accepted', false, '{worker,operator,dispatcher,admin}'),
  ('offered', 'refuse', 'refused', true, '{worker,operator,dispatcher,admin}'),
  ('offered', 'withdraw', 'withdrawn', false, '{operator,dispatcher,admin}'),
  ('offered', 'time_out', 'timed_out', false, '{system}'),
  ('accepted', 'start', 'under_way', false, '{worker,operator,dispatcher,admin}'),
  ('accepted', 'arrive', 'arrived', false, '{worker,operator,dispatcher,admin}'),
  ('accepted', 'refuse', 'refused', true, '{worker,operator,dispatcher,admin}'),
  ('accepted', 'withdraw', 'withdrawn', false, '{operator,dispatcher,admin}'),
  ('under_way', 'arrive', 'arrived', false, '{worker,operator,dispatcher,admin}'),
  ('under_way', 'refuse', 'refused', true, '{worker,operator,dispatcher,admin}'),
  ('under_way', 'withdraw', 'withdrawn', false, '{operator,dispatcher,admin}'),
  ('arrived', 'finish', 'done', true, '{worker,operator,dispatcher,admin}'),
  ('arrived', 'withdraw', 'withdrawn', false, '{operator,dispatcher,admin}');

CREATE TABLE assignments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id bigint NOT NULL REFERENCES tasks ON DELETE CASCADE,
  unit_id bigint NOT NULL REFERENCES units,
  unit_code text NOT NULL,  -- as it was called then, also to those who cannot see the unit
  unit_name text NOT NULL,
  division_code bigint NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'offered' CHECK (state IN ('offered', 'accepted', 'under_way',
    'arrived', 'done', 'refused', 'timed_out', 'withdrawn')),
  offered_at timestamptz NOT NULL DEFAULT now(),
  accept_by timestamptz NOT NULL,
  accepted_at timestamptz,
  under_way_at timestamptz,
  arrive_by timestamptz,
  arrived_at timestamptz,
  done_at timestamptz,
  refused_at timestamptz,
  timed_out_at timestamptz,
  withdrawn_at timestamptz,
  late_at timestamptz,
  travel_s double precision CHECK (travel_s >= 0),
  travel_m double precision CHECK (travel_m >= 0),
  travel_how text CHECK (travel_how IN ('roads', 'straight')),
  arrival_proof text CHECK (arrival_proof IN ('position', 'photograph', 'stated')),
  arrival_distance_m double precision,
  result text,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT assignments_arrival_check CHECK ((arrived_at IS NULL) = (arrival_proof IS NULL))
);
CREATE INDEX assignments_task_idx ON assignments (task_id);
CREATE UNIQUE INDEX assignments_open_key ON assignments (unit_id, task_id)
  WHERE state IN ('offered', 'accepted', 'under_way', 'arrived');
CREATE INDEX assignments_unit_idx ON assignments (unit_id, id DESC);
CREATE INDEX assignments_accept_by_idx ON assignments (accept_by) WHERE state = 'offered';
CREATE INDEX assignments_arrive_by_idx ON assignments (arrive_by)
  WHERE state IN ('accepted', 'under_way') AND late_at IS NULL;
CREATE INDEX assignments_offered_at_idx ON assignments (offered_at);

-- How many open tasks a unit has; floors below dispatch ask by this name.
CREATE FUNCTION unit_load(wanted bigint) RETURNS integer LANGUAGE sql STABLE
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*)::integer FROM assignments
  WHERE unit_id = wanted AND state IN ('offered', 'accepted', 'under_way', 'arrived') $$;

CREATE FUNCTION assignment_check_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND NOT EXISTS (
    SELECT FROM assignment_transitions t
    WHERE t.from_state = OLD.state AND t.to_state = NEW.state
  ) THEN
    RAISE EXCEPTION 'an assignment cannot go from % to %', OLD.state, NEW.state
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_transition BEFORE UPDATE ON assignments
  FOR EACH ROW EXECUTE FUNCTION assignment_check_transition();

CREATE TABLE departments (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  division_code bigint NOT NULL DEFAULT 0,
  skills text[] NOT NULL DEFAULT '{}',
  is_active boolean NOT NULL DEFAULT true,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT departments_name_key UNIQUE (division_code, name)
);

CREATE TABLE callout_transitions (
  from_state text NOT NULL,
  act text NOT NULL,
  to_state text NOT NULL,
  needs_text boolean NOT NULL DEFAULT false,
  roles text[] NOT NULL,
  PRIMARY KEY (from_state, act)
);
INSERT INTO callout_transitions VALUES
  ('called', 'accept', 'accepted', false, '{operator,dispatcher,admin}'),
  ('called', 'refuse', 'refused', true, '{operator,dispatcher,admin}'),
  ('called', 'withdraw', 'withdrawn', false, '{operator,dispatcher,admin}'),
  ('called', 'time_out', 'timed_out', false, '{system}'),
  ('accepted', 'arrive', 'arrived', false, '{operator,dispatcher,admin}'),
  ('accepted', 'refuse', 'refused', true, '{operator,dispatcher,admin}'),
  ('accepted', 'withdraw', 'withdrawn', false, '{operator,dispatcher,admin}'),
  ('arrived', 'finish', 'done', true, '{operator,dispatcher,admin}'),
  ('arrived', 'withdraw', 'withdrawn', false, '{operator,dispatcher,admin}');

CREATE TABLE callouts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id bigint NOT NULL REFERENCES tasks ON DELETE CASCADE,
  department_id bigint NOT NULL REFERENCES departments,
  department_name text NOT NULL,
  division_code bigint NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'called' CHECK (state IN ('called', 'accepted', 'arrived', 'done',
    'refused', 'timed_out', 'withdrawn')),
  called_at timestamptz NOT NULL DEFAULT now(),
  accept_by timestamptz NOT NULL,
  accepted_at timestamptz,
  arrive_by timestamptz,
  arrived_at timestamptz,
  done_at timestamptz,
  refused_at timestamptz,
  timed_out_at timestamptz,
  withdrawn_at timestamptz,
  late_at timestamptz,
  is_first_receiver boolean NOT NULL DEFAULT false,
  result text,
  version bigint NOT NULL DEFAULT 1
);
CREATE INDEX callouts_task_idx ON callouts (task_id);
CREATE UNIQUE INDEX callouts_open_key ON callouts (department_id, task_id)
  WHERE state IN ('called', 'accepted', 'arrived');
CREATE UNIQUE INDEX callouts_first_receiver_key ON callouts (task_id) WHERE is_first_receiver;
CREATE INDEX callouts_accept_by_idx ON callouts (accept_by) WHERE state = 'called';
CREATE INDEX callouts_arrive_by_idx ON callouts (arrive_by)
  WHERE state = 'accepted' AND late_at IS NULL;

-- 首问负责: whoever received first stays answerable, whatever happens later.
CREATE FUNCTION callout_check_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.is_first_receiver AND NOT NEW.is_first_receiver THEN
    RAISE EXCEPTION 'the first receiver never changes' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state <> OLD.state AND NOT EXISTS (
    SELECT FROM callout_transitions t WHERE t.from_state = OLD.state AND t.to_state = NEW.state
  ) THEN
    RAISE EXCEPTION 'a call-out cannot go from % to %', OLD.state, NEW.state
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_transition BEFORE UPDATE ON callouts
  FOR EACH ROW EXECUTE FUNCTION callout_check_transition();

CREATE TABLE photographs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sha256 bytea NOT NULL CHECK (length(sha256) = 32),
  division_code bigint NOT NULL DEFAULT 0,
  task_id bigint REFERENCES tasks,
  assignment_id bigint REFERENCES assignments,
  incident_id bigint REFERENCES incidents,
  taken_at timestamptz,
  geom geometry(Point, 4326),
  place_how text CHECK (place_how IN ('stated', 'file')),
  media_type text NOT NULL CHECK (media_type IN ('image/jpeg')),
  size_bytes integer NOT NULL CHECK (size_bytes > 0),
  width_px integer NOT NULL CHECK (width_px > 0),
  height_px integer NOT NULL CHECK (height_px > 0),
  content bytea,
  created_by bigint NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT photographs_subject_check CHECK (task_id IS NOT NULL OR incident_id IS NOT NULL),
  CONSTRAINT photographs_place_check CHECK ((geom IS NULL) = (place_how IS NULL))
);
CREATE INDEX photographs_task_idx ON photographs (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX photographs_incident_idx ON photographs (incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX photographs_kept_idx ON photographs (created_at) WHERE content IS NOT NULL;

-- Evidence: a photograph is never changed; when its time is over the picture goes, the facts stay.
CREATE FUNCTION photograph_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.content IS NOT NULL
    OR to_jsonb(NEW) - 'content' IS DISTINCT FROM to_jsonb(OLD) - 'content' THEN
    RAISE EXCEPTION 'a photograph is not changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON photographs
  FOR EACH ROW EXECUTE FUNCTION photograph_keep();

CREATE TABLE task_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id bigint NOT NULL REFERENCES tasks ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT now(),
  actor_id bigint REFERENCES users,  -- NULL: a clock ran out
  actor_name text NOT NULL,
  act text NOT NULL,
  assignment_id bigint REFERENCES assignments,
  callout_id bigint REFERENCES callouts,
  subject_name text,
  from_state text,
  to_state text,
  text text NOT NULL DEFAULT '',
  detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX task_entries_task_idx ON task_entries (task_id, id);
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON task_entries
  FOR EACH ROW EXECUTE FUNCTION gridlink_refuse_change();

-- An incident's timeline tells what was dispatched. The act of a unit counts for an incident that
-- its own account cannot see (the neighbour village's), so the database itself writes the line.
ALTER TABLE incident_entries ALTER COLUMN actor_id DROP NOT NULL;
CREATE FUNCTION task_entry_mirrored() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  task tasks%ROWTYPE;
  incident incidents%ROWTYPE;
BEGIN
  SELECT * INTO task FROM tasks WHERE id = NEW.task_id;
  IF task.incident_id IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT * INTO incident FROM incidents WHERE id = task.incident_id;
  INSERT INTO incident_entries (incident_id, at, actor_id, actor_name, act, text)
  VALUES (task.incident_id, NEW.at, NEW.actor_id, NEW.actor_name, 'task.' || NEW.act,
    concat_ws(' ', task.number, NEW.subject_name, nullif(NEW.text, '')));
  PERFORM pg_notify('gridlink_changes', json_build_object('noun', 'incident', 'id', incident.id,
    'version', incident.version, 'division_code', incident.division_code)::text);
  RETURN NULL;
END $$;
CREATE TRIGGER mirrored AFTER INSERT ON task_entries
  FOR EACH ROW EXECUTE FUNCTION task_entry_mirrored();

-- What a repeated request made the first time; the answer is read anew.
CREATE TABLE dispatch_keys (
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
  key text NOT NULL,
  asked bytea NOT NULL,
  subject_id bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, key)
);
CREATE INDEX dispatch_keys_at_idx ON dispatch_keys (at);

-- Where a task is to be done: its point, else its grids. A unit sent past the border of its village
-- is measured against a grid that its account cannot see.
CREATE FUNCTION task_target(wanted bigint) RETURNS geometry LANGUAGE sql STABLE
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce(t.geom, (SELECT ST_Collect(g.geom) FROM task_grids tg
    JOIN grids g ON g.id = tg.grid_id WHERE tg.task_id = t.id)) FROM tasks t WHERE t.id = wanted $$;

CREATE FUNCTION gridlink_own_units() RETURNS SETOF bigint LANGUAGE sql STABLE
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id FROM units WHERE user_id = gridlink_user() AND is_active $$;
-- A township whistles, the county's departments come: those above are visible from below.
CREATE FUNCTION gridlink_lies_above(code bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT code = 0 OR gridlink_low() BETWEEN code AND code - 1 + CASE
    WHEN code % 10000000000 = 0 THEN 10000000000 WHEN code % 100000000 = 0 THEN 100000000
    WHEN code % 1000000 = 0 THEN 1000000 WHEN code % 1000 = 0 THEN 1000 ELSE 1 END $$;

GRANT SELECT ON assignment_transitions, callout_transitions TO gridlink_app;
GRANT SELECT, INSERT, UPDATE ON tasks, assignments, callouts, departments, task_serials
  TO gridlink_app;
GRANT SELECT, INSERT ON task_grids, task_entries, photographs, dispatch_keys TO gridlink_app;

ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_grids ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE callouts ENABLE ROW LEVEL SECURITY;
ALTER TABLE departments ENABLE ROW LEVEL SECURITY;
ALTER TABLE photographs ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE dispatch_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY jurisdiction ON tasks TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY jurisdiction ON assignments TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY jurisdiction ON callouts TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY jurisdiction ON departments TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE POLICY above ON departments FOR SELECT TO gridlink_app
  USING (gridlink_lies_above(division_code));
CREATE POLICY jurisdiction ON photographs TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));

-- A unit may be sent past the border of its own village: it sees and answers what is its own.
CREATE POLICY own_unit_reads ON assignments FOR SELECT TO gridlink_app
  USING (unit_id IN (SELECT gridlink_own_units()));
CREATE POLICY own_unit_acts ON assignments FOR UPDATE TO gridlink_app
  USING (unit_id IN (SELECT gridlink_own_units()));
CREATE POLICY own_unit_reads ON tasks FOR SELECT TO gridlink_app
  USING (EXISTS (SELECT FROM assignments a
    WHERE a.task_id = tasks.id AND a.unit_id IN (SELECT gridlink_own_units())));
CREATE POLICY own_unit_acts ON tasks FOR UPDATE TO gridlink_app
  USING (EXISTS (SELECT FROM assignments a
    WHERE a.task_id = tasks.id AND a.unit_id IN (SELECT gridlink_own_units())));
CREATE POLICY own_unit ON photographs TO gridlink_app
  USING (EXISTS (SELECT FROM assignments a
    WHERE a.id = assignment_id AND a.unit_id IN (SELECT gridlink_own_units())));
CREATE POLICY through_task ON task_grids TO gridlink_app
  USING (EXISTS (SELECT FROM tasks t WHERE t.id = task_id));
CREATE POLICY through_task ON task_entries TO gridlink_app
  USING (EXISTS (SELECT FROM tasks t WHERE t.id = task_id));
CREATE POLICY own ON dispatch_keys TO gridlink_app USING (user_id = (SELECT gridlink_user()));
"""

DOWNGRADE = """
DROP TABLE dispatch_keys, task_entries, photographs, callouts, callout_transitions, departments,
  task_grids, assignments, assignment_transitions, tasks, task_serials;
DROP FUNCTION task_entry_mirrored(), photograph_keep(), callout_check_transition(),
  assignment_check_transition(), unit_load(bigint), task_target(bigint), gridlink_own_units(),
  gridlink_lies_above(bigint);
-- What clocks wrote has no author, as the older schema wants one.
ALTER TABLE incident_entries DISABLE TRIGGER refuse_change;
DELETE FROM incident_entries WHERE actor_id IS NULL;
ALTER TABLE incident_entries ENABLE TRIGGER refuse_change;
ALTER TABLE incident_entries ALTER COLUMN actor_id SET NOT NULL;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
