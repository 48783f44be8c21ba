"""the wall: layouts and tours, one's own or shared with the division"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

UPGRADE = """
CREATE TABLE wall_layouts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  author_id bigint NOT NULL REFERENCES users,
  division_code bigint NOT NULL,
  is_shared boolean NOT NULL DEFAULT false,
  size smallint NOT NULL CHECK (size IN (1, 4, 6, 9, 16)),
  cameras bigint[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT wall_layouts_one_a_tile_check CHECK (cardinality(cameras) = size)
);
CREATE INDEX wall_layouts_author_idx ON wall_layouts (author_id);
CREATE INDEX wall_layouts_shared_idx ON wall_layouts (division_code) WHERE is_shared;

CREATE TABLE wall_tours (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  author_id bigint NOT NULL REFERENCES users,
  division_code bigint NOT NULL,
  is_shared boolean NOT NULL DEFAULT false,
  size smallint NOT NULL CHECK (size IN (1, 4, 6, 9, 16)),
  dwell_s smallint NOT NULL CHECK (dwell_s BETWEEN 5 AND 3600),
  source text NOT NULL CHECK (source IN ('cameras', 'grid', 'place')),
  cameras bigint[] NOT NULL DEFAULT '{}' CHECK (cardinality(cameras) <= 200),
  -- No foreign keys: a set of grids or places is replaced whole, and the tour then says so.
  grid_id bigint,
  place_id bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT wall_tours_has_source_check CHECK (CASE source
    WHEN 'grid' THEN grid_id IS NOT NULL WHEN 'place' THEN place_id IS NOT NULL
    ELSE cardinality(cameras) > 0 END)
);
CREATE INDEX wall_tours_author_idx ON wall_tours (author_id);
CREATE INDEX wall_tours_shared_idx ON wall_tours (division_code) WHERE is_shared;

GRANT SELECT, INSERT, UPDATE, DELETE ON wall_layouts, wall_tours TO gridlink_app;
ALTER TABLE wall_layouts ENABLE ROW LEVEL SECURITY;
ALTER TABLE wall_tours ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON wall_layouts TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high())
    AND (is_shared OR author_id = (SELECT gridlink_user())));
CREATE POLICY jurisdiction ON wall_tours TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high())
    AND (is_shared OR author_id = (SELECT gridlink_user())));
"""

DOWNGRADE = """
DROP TABLE wall_tours;
DROP TABLE wall_layouts;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
