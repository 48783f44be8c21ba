"""handheld: the role of grid workers; when a report was written, which may be long before it came"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UPGRADE = """
ALTER TABLE users DROP CONSTRAINT users_role_check, ADD CONSTRAINT users_role_check
  CHECK (role IN ('admin', 'operator', 'dispatcher', 'planner', 'inspector', 'worker'));

-- NULL: written when it was reported.
ALTER TABLE incidents ADD COLUMN observed_at timestamptz;
"""

DOWNGRADE = """
ALTER TABLE incidents DROP COLUMN observed_at;
UPDATE users SET role = 'inspector', is_active = false WHERE role = 'worker';
ALTER TABLE users DROP CONSTRAINT users_role_check, ADD CONSTRAINT users_role_check
  CHECK (role IN ('admin', 'operator', 'dispatcher', 'planner', 'inspector'));
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
