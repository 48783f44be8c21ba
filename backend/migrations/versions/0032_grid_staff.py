"""grid staff: which account works in a grid or heads it, from which day to which"""

from alembic import op

revision = "0032"
down_revision = "0029"
branch_labels = None
depends_on = None

# A duty belongs to a grid's code in its set, not to one version of its outline: a moved boundary
# ends nobody's duty. `ends_on` is the first day no longer on duty, as `grids.valid_to` is.
UPGRADE = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE grid_staff (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  set_name text NOT NULL,
  grid_code text NOT NULL,
  division_code bigint NOT NULL,
  user_id bigint NOT NULL REFERENCES users,
  role text NOT NULL CHECK (role IN ('worker', 'chief')),
  starts_on date NOT NULL,
  ends_on date,
  entered_by bigint NOT NULL REFERENCES users,
  entered_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT grid_staff_span_check CHECK (ends_on > starts_on),
  CONSTRAINT grid_staff_one_chief EXCLUDE USING gist (
    set_name WITH =, grid_code WITH =, daterange(starts_on, ends_on) WITH &&
  ) WHERE (role = 'chief'),
  CONSTRAINT grid_staff_once EXCLUDE USING gist (
    set_name WITH =, grid_code WITH =, user_id WITH =, role WITH =,
    daterange(starts_on, ends_on) WITH &&
  )
);
CREATE INDEX grid_staff_division_idx ON grid_staff (division_code);
CREATE INDEX grid_staff_grid_idx ON grid_staff (set_name, grid_code, starts_on);
CREATE INDEX grid_staff_user_idx ON grid_staff (user_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON grid_staff TO gridlink_app;
ALTER TABLE grid_staff ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON grid_staff TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
"""

DOWNGRADE = """
DROP TABLE grid_staff;
DROP EXTENSION btree_gist;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
