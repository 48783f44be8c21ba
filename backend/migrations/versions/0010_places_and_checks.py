"""places and checks: outlines of places, restricted areas, what checks of cameras showed"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UPGRADE = """
ALTER TABLE places ADD COLUMN outline geometry(MultiPolygon, 4326) CHECK (ST_IsValid(outline));
CREATE INDEX places_outline_idx ON places USING gist (outline) WHERE outline IS NOT NULL;

-- 996 asks for two shares: of key public areas and of key trades. Which kind of place belongs to
-- which is a table, because every province draws the line by a list of its own.
CREATE TABLE place_classes (
  kind text PRIMARY KEY,
  place_class text NOT NULL CHECK (place_class IN ('public_area', 'trade'))
);
INSERT INTO place_classes (kind, place_class) VALUES
  ('车站', 'public_area'), ('市场', 'public_area'), ('公园广场', 'public_area'),
  ('公园', 'public_area'), ('广场', 'public_area'), ('景区', 'public_area'),
  ('商场超市', 'public_area'), ('文化体育', 'public_area'), ('路口', 'public_area'),
  ('桥梁', 'public_area'), ('小区', 'public_area'), ('政府机关', 'public_area'),
  ('station', 'public_area'), ('market', 'public_area'), ('marketplace', 'public_area'),
  ('park', 'public_area'), ('square', 'public_area'), ('mall', 'public_area'),
  ('学校', 'trade'), ('幼儿园', 'trade'), ('医院', 'trade'), ('卫生室', 'trade'),
  ('养老院', 'trade'), ('银行', 'trade'), ('金融', 'trade'), ('加油站', 'trade'),
  ('水库', 'trade'), ('水厂', 'trade'), ('变电站', 'trade'), ('电厂', 'trade'),
  ('通信', 'trade'), ('危化品', 'trade'), ('物流', 'trade'), ('企业', 'trade'),
  ('school', 'trade'), ('hospital', 'trade'), ('bank', 'trade'), ('fuel', 'trade');
GRANT SELECT ON place_classes TO gridlink_app;

CREATE TABLE restricted_areas (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  set_name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('forbidden', 'consent')),
  name text NOT NULL,
  consent_document text CHECK (kind = 'consent' OR consent_document IS NULL),
  division_code bigint NOT NULL DEFAULT 0,
  geom geometry(MultiPolygon, 4326) NOT NULL CHECK (ST_IsValid(geom)),
  geom_3857 geometry(MultiPolygon, 3857) GENERATED ALWAYS AS (ST_Transform(geom, 3857)) STORED
);
CREATE INDEX restricted_areas_division_idx ON restricted_areas (division_code);
CREATE INDEX restricted_areas_geom_idx ON restricted_areas USING gist (geom);
CREATE INDEX restricted_areas_geom_3857_idx ON restricted_areas USING gist (geom_3857);
GRANT SELECT, INSERT, UPDATE, DELETE ON restricted_areas TO gridlink_app;
ALTER TABLE restricted_areas ENABLE ROW LEVEL SECURITY;
CREATE POLICY jurisdiction ON restricted_areas TO gridlink_app
  USING (division_code + 0 BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high()));
CREATE TRIGGER layer_changed AFTER INSERT OR UPDATE OR DELETE ON restricted_areas
  FOR EACH STATEMENT EXECUTE FUNCTION gridlink_layer_changed();

-- The law binds whoever plans, also where the neighbour drew the area that reaches over the
-- border: the answer for one point is therefore given past the jurisdiction.
CREATE FUNCTION gridlink_restricted_at(spot geometry)
  RETURNS TABLE (id bigint, kind text, name text, consent_document text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.id, a.kind, a.name, a.consent_document FROM restricted_areas a
  WHERE a.geom && spot AND ST_Covers(a.geom, spot)
  ORDER BY a.kind = 'consent', a.consent_document IS NOT NULL, a.id
$$;

-- A row is a run of checks that all showed the same, from `at` to `last_at` (NULL: one check):
-- 10,000 cameras checked every five minutes would make 2.9 million rows a day that say the same.
CREATE TABLE camera_checks (
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_at timestamptz,
  checks integer NOT NULL DEFAULT 1 CHECK (checks > 0),
  has_frames boolean NOT NULL,
  reason text,
  PRIMARY KEY (camera_id, at),
  CHECK (last_at >= at)
);
CREATE INDEX camera_checks_end_idx ON camera_checks (coalesce(last_at, at));
GRANT SELECT, INSERT, UPDATE ON camera_checks TO gridlink_app;
ALTER TABLE camera_checks ENABLE ROW LEVEL SECURITY;
CREATE POLICY through_camera ON camera_checks TO gridlink_app
  USING (EXISTS (SELECT FROM cameras c WHERE c.id = camera_id));
"""

DOWNGRADE = """
DROP TABLE camera_checks;
DROP FUNCTION gridlink_restricted_at(geometry);
DROP TABLE restricted_areas, place_classes;
ALTER TABLE places DROP COLUMN outline;
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute(DOWNGRADE)
