"""ptz tours: those a device keeps itself, and whether the device runs one now"""

from alembic import op

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None

UPGRADE = """
-- `token`: the device's own name of a tour it keeps. `on_device`: the device keeps the time of a
-- running tour; `due_at` is then when it is next asked where it stands.
ALTER TABLE ptz_tours
  ADD COLUMN token text CHECK (token <> ''),
  ADD COLUMN on_device boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT ptz_tours_camera_id_token_key UNIQUE (camera_id, token),
  ADD CONSTRAINT ptz_tours_device_runs_kept CHECK (NOT on_device OR token IS NOT NULL);
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute("ALTER TABLE ptz_tours DROP COLUMN token CASCADE, DROP COLUMN on_device CASCADE")
