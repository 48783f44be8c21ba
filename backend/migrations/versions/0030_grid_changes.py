"""grid changes: dated change sets, and which of them began and ended each version of a grid"""

from alembic import op

revision = "0030"
down_revision = "0034"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE grid_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  set_name text NOT NULL CHECK (set_name <> ''),
  title text NOT NULL CHECK (title <> ''),
  reason text NOT NULL DEFAULT '',
  source text NOT NULL DEFAULT 'edit' CHECK (source IN ('edit', 'import')),
  planned_for date,
  operations jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(operations) = 'array'),
  division_code bigint NOT NULL,
  state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'applied', 'reverted')),
  author_id bigint REFERENCES users,
  author_name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  applied_at timestamptz,
  applied_by text,
  in_force_on date,
  reverted_at timestamptz,
  reverted_by text,
  reverted_on date,
  refusal jsonb,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT grid_changes_applied_check
    CHECK ((state = 'planned') = (applied_at IS NULL) AND (applied_at IS NULL) = (in_force_on IS NULL)),
  CONSTRAINT grid_changes_reverted_check
    CHECK ((state = 'reverted') = (reverted_at IS NOT NULL)
      AND (reverted_at IS NULL) = (reverted_on IS NULL))
);
CREATE INDEX grid_changes_division_idx ON grid_changes (division_code, id DESC);
CREATE INDEX grid_changes_due_idx ON grid_changes (planned_for) WHERE state = 'planned';

-- What was applied is a record: it can be reverted once, and nothing else.
CREATE FUNCTION grid_change_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.state <> 'planned' THEN
      RAISE EXCEPTION 'an applied change of grids is a record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.state = 'reverted' OR (OLD.state = 'applied' AND (NEW.state <> 'reverted'
    OR (NEW.set_name, NEW.title, NEW.reason, NEW.operations, NEW.in_force_on, NEW.applied_at)
      IS DISTINCT FROM
      (OLD.set_name, OLD.title, OLD.reason, OLD.operations, OLD.in_force_on, OLD.applied_at))) THEN
    RAISE EXCEPTION 'an applied change of grids is a record' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_applied BEFORE UPDATE OR DELETE ON grid_changes
  FOR EACH ROW EXECUTE FUNCTION grid_change_keep();

GRANT SELECT, INSERT, UPDATE, DELETE ON grid_changes TO gridlink_app;
ALTER TABLE grid_changes ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON grid_changes TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));

ALTER TABLE grids ADD COLUMN began_by bigint REFERENCES grid_changes;
ALTER TABLE grids ADD COLUMN ended_by bigint REFERENCES grid_changes;
ALTER TABLE grids ADD CONSTRAINT grids_valid_check CHECK (valid_to >= valid_from);
CREATE INDEX grids_began_by_idx ON grids (began_by) WHERE began_by IS NOT NULL;
CREATE INDEX grids_ended_by_idx ON grids (ended_by) WHERE ended_by IS NOT NULL;
CREATE INDEX grids_ended_idx ON grids (valid_to) WHERE valid_to IS NOT NULL;

-- Neighbours that a change gave a node on the common border: as they were, to be restored.
CREATE TABLE grid_change_borders (
  change_id bigint NOT NULL REFERENCES grid_changes,
  grid_id bigint NOT NULL REFERENCES grids ON DELETE CASCADE,
  division_code bigint NOT NULL,
  before geometry(MultiPolygon, 4326) NOT NULL,
  after geometry(MultiPolygon, 4326) NOT NULL,
  PRIMARY KEY (change_id, grid_id)
);
CREATE INDEX grid_change_borders_grid_idx ON grid_change_borders (grid_id);
GRANT SELECT ON grid_change_borders TO gridlink_app;
ALTER TABLE grid_change_borders ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON grid_change_borders TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
"""

DOWNGRADE = """
DROP TABLE grid_change_borders;
ALTER TABLE grids DROP CONSTRAINT grids_valid_check;
ALTER TABLE grids DROP COLUMN began_by, DROP COLUMN ended_by;
DROP TABLE grid_changes;
DROP FUNCTION grid_change_keep();
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
