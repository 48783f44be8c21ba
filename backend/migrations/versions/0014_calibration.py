"""calibration: what is not known of field and tilt, and where a pose comes from"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # 'stated': imported or typed; 'drawn': turned on the map; 'calibrated': from landmarks.
    op.execute("""
ALTER TABLE poses
  ADD COLUMN fov_error_deg double precision NOT NULL DEFAULT 0
    CHECK (fov_error_deg >= 0 AND fov_error_deg <= 180),
  ADD COLUMN tilt_error_deg double precision NOT NULL DEFAULT 0
    CHECK (tilt_error_deg >= 0 AND tilt_error_deg <= 90),
  ADD COLUMN source text NOT NULL DEFAULT 'stated'
    CHECK (source IN ('stated', 'drawn', 'calibrated'))
""")


def downgrade() -> None:
    op.execute("""
ALTER TABLE poses
  DROP COLUMN fov_error_deg, DROP COLUMN tilt_error_deg, DROP COLUMN source
""")
