"""scenarios: named drafts of changes; the record of openings outlives the camera"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE scenarios (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  note text NOT NULL DEFAULT '',
  division_code bigint NOT NULL,
  changes jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(changes) = 'array'),
  state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'applied')),
  author_id bigint NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  applied_at timestamptz,
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT scenarios_applied_check CHECK ((state = 'applied') = (applied_at IS NOT NULL))
);
CREATE INDEX scenarios_division_idx ON scenarios (division_code);

-- What was applied is a record: it neither changes nor goes.
CREATE FUNCTION scenario_keep_applied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'applied' THEN
    RAISE EXCEPTION 'an applied scenario is a record' USING ERRCODE = 'check_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_applied BEFORE UPDATE OR DELETE ON scenarios
  FOR EACH ROW EXECUTE FUNCTION scenario_keep_applied();

GRANT SELECT, INSERT, UPDATE, DELETE ON scenarios TO gridlink_app;
ALTER TABLE scenarios ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON scenarios TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));

-- Who opened which picture stays on record when the camera is taken down.
ALTER TABLE streams DROP CONSTRAINT streams_camera_id_fkey;
"""

DOWNGRADE = """
DELETE FROM streams s WHERE NOT EXISTS (SELECT FROM cameras c WHERE c.id = s.camera_id);
ALTER TABLE streams ADD CONSTRAINT streams_camera_id_fkey
  FOREIGN KEY (camera_id) REFERENCES cameras ON DELETE CASCADE;
DROP TABLE scenarios;
DROP FUNCTION scenario_keep_applied();
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
