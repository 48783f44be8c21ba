"""dori grounds: seen ground of the DORI bands for the map, counted by the next refresh"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The sweep of coverage finds the mark within a minute.
    op.execute("""
INSERT INTO coverage_dirty (cause)
SELECT 'all' WHERE EXISTS (SELECT FROM coverage_grounds)
""")


def downgrade() -> None:
    op.execute("DELETE FROM coverage_grounds WHERE px_per_m IN (25, 62.5, 250)")
