"""coverage: figures, their days, grounds for the map, gaps, losses, and what must be computed anew"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UPGRADE = """
-- A camera that receives frames may still see nothing, or something else than its pose says.
ALTER TABLE cameras ADD COLUMN view_fault text CHECK (view_fault IN ('blind', 'moved'));
DROP TRIGGER layer_touched ON cameras;
CREATE TRIGGER layer_touched AFTER UPDATE OF is_alive, name, view_fault ON cameras
  FOR EACH STATEMENT EXECUTE FUNCTION gridlink_layer_touched();

CREATE TABLE coverage_figures (
  subject_kind text NOT NULL CHECK (subject_kind IN ('grid', 'division', 'place')),
  subject_id bigint NOT NULL,
  division_code bigint NOT NULL,
  reading text NOT NULL CHECK (reading IN ('installed', 'now')),
  measure text NOT NULL CHECK (measure IN ('area', 'road', 'outline')),
  px_per_m real NOT NULL,
  total double precision NOT NULL,
  certain double precision NOT NULL,
  possible double precision NOT NULL,
  one double precision NOT NULL,
  more double precision NOT NULL,
  method text NOT NULL CHECK (method IN ('exact', 'raster', 'sum')),
  computed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject_kind, subject_id, reading, measure, px_per_m)
);
CREATE INDEX coverage_figures_division_idx
  ON coverage_figures (subject_kind, reading, measure, division_code);

CREATE TABLE coverage_days (
  day date NOT NULL,
  subject_kind text NOT NULL,
  subject_id bigint NOT NULL,
  division_code bigint NOT NULL,
  reading text NOT NULL,
  measure text NOT NULL,
  px_per_m real NOT NULL,
  total double precision NOT NULL,
  certain double precision NOT NULL,
  possible double precision NOT NULL,
  one double precision NOT NULL,
  more double precision NOT NULL,
  method text NOT NULL,
  computed_at timestamptz NOT NULL,
  PRIMARY KEY (subject_kind, subject_id, reading, measure, px_per_m, day)
);

CREATE TABLE coverage_grounds (
  grid_id bigint NOT NULL REFERENCES grids ON DELETE CASCADE,
  division_code bigint NOT NULL,
  reading text NOT NULL CHECK (reading IN ('installed', 'now')),
  px_per_m real NOT NULL,
  part text NOT NULL CHECK (part IN ('certain', 'one', 'none')),
  geom geometry(MultiPolygon, 4326) NOT NULL,
  geom_3857 geometry(MultiPolygon, 3857) GENERATED ALWAYS AS (ST_Transform(geom, 3857)) STORED,
  PRIMARY KEY (grid_id, reading, px_per_m, part)
);
CREATE INDEX coverage_grounds_geom_3857_idx ON coverage_grounds USING gist (geom_3857);

CREATE TABLE coverage_gaps (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  grid_id bigint NOT NULL REFERENCES grids ON DELETE CASCADE,
  division_code bigint NOT NULL,
  reading text NOT NULL CHECK (reading IN ('installed', 'now')),
  px_per_m real NOT NULL,
  area_m2 double precision NOT NULL,
  weight double precision NOT NULL,
  reasons jsonb NOT NULL DEFAULT '{}',
  geom geometry(MultiPolygon, 4326) NOT NULL
);
CREATE INDEX coverage_gaps_grid_idx ON coverage_gaps (grid_id);
CREATE INDEX coverage_gaps_rank_idx ON coverage_gaps (reading, px_per_m, weight DESC);
CREATE INDEX coverage_gaps_geom_idx ON coverage_gaps USING gist (geom);

-- No reference to cameras: what a camera saw must be computed anew after it has gone.
CREATE TABLE coverage_sights (
  camera_id bigint NOT NULL,
  subject_kind text NOT NULL CHECK (subject_kind IN ('grid', 'division', 'place')),
  subject_id bigint NOT NULL,
  division_code bigint NOT NULL,
  seen_m2 double precision NOT NULL,
  PRIMARY KEY (camera_id, subject_kind, subject_id)
);
CREATE INDEX coverage_sights_subject_idx ON coverage_sights (subject_kind, subject_id);

CREATE TABLE camera_losses (
  camera_id bigint NOT NULL REFERENCES cameras ON DELETE CASCADE,
  division_code bigint NOT NULL,
  reading text NOT NULL CHECK (reading IN ('installed', 'now')),
  px_per_m real NOT NULL,
  seen_m2 double precision NOT NULL,
  sole_m2 double precision NOT NULL,
  sole_road_m double precision NOT NULL,
  sole_weight double precision NOT NULL,
  sole_places jsonb NOT NULL DEFAULT '[]',
  computed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (camera_id, reading, px_per_m)
);
CREATE INDEX camera_losses_rank_idx ON camera_losses (reading, px_per_m, sole_weight);

-- What changed since the last refresh. A refresh deletes the rows it has read in the transaction
-- that writes the figures, so neither a killed refresh nor a late commit loses one.
CREATE TABLE coverage_dirty (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cause text NOT NULL CHECK (cause IN ('pose', 'state', 'land', 'buildings', 'all')),
  camera_id bigint,
  box geometry(Geometry, 4326),
  at timestamptz NOT NULL DEFAULT now()
);

-- What was stored before this version was never counted.
INSERT INTO coverage_dirty (cause) VALUES ('all');

GRANT SELECT ON coverage_figures, coverage_days, coverage_grounds, coverage_gaps, coverage_sights,
  camera_losses, coverage_dirty TO gridlink_app;
GRANT INSERT ON coverage_dirty TO gridlink_app;

CREATE FUNCTION coverage_camera_changed() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO coverage_dirty (cause, camera_id) SELECT 'pose', id FROM after;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO coverage_dirty (cause, camera_id) SELECT 'pose', id FROM before;
  ELSE
    INSERT INTO coverage_dirty (cause, camera_id)
    SELECT CASE WHEN moved THEN 'pose' ELSE 'state' END, id FROM (
      SELECT a.id,
        (ST_AsBinary(b.geom), b.height_m, b.width_px, b.has_ptz, b.division_code)
          IS DISTINCT FROM (ST_AsBinary(a.geom), a.height_m, a.width_px, a.has_ptz, a.division_code)
          AS moved,
        -- A camera that was never tried counts as working, so its first frame changes nothing.
        (b.is_alive IS DISTINCT FROM false, b.view_fault)
          IS DISTINCT FROM (a.is_alive IS DISTINCT FROM false, a.view_fault) AS turned
      FROM before b JOIN after a USING (id)) changed
    WHERE moved OR turned;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER coverage_inserted AFTER INSERT ON cameras REFERENCING NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION coverage_camera_changed();
CREATE TRIGGER coverage_updated AFTER UPDATE ON cameras
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION coverage_camera_changed();
CREATE TRIGGER coverage_deleted AFTER DELETE ON cameras REFERENCING OLD TABLE AS before
  FOR EACH STATEMENT EXECUTE FUNCTION coverage_camera_changed();

CREATE FUNCTION coverage_pose_changed() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO coverage_dirty (cause, camera_id) SELECT DISTINCT 'pose', camera_id FROM changed;
  RETURN NULL;
END $$;
CREATE TRIGGER coverage_inserted AFTER INSERT ON poses REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION coverage_pose_changed();
CREATE TRIGGER coverage_updated AFTER UPDATE ON poses REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION coverage_pose_changed();
CREATE TRIGGER coverage_deleted AFTER DELETE ON poses REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION coverage_pose_changed();

-- One box round all that a statement changed: an import replaces a set as a whole.
CREATE FUNCTION coverage_land_changed() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO coverage_dirty (cause, box)
  SELECT CASE TG_TABLE_NAME WHEN 'buildings' THEN 'buildings' ELSE 'land' END, box
  FROM (SELECT ST_SetSRID(ST_Extent(geom)::geometry, 4326) AS box FROM changed) c
  WHERE box IS NOT NULL;
  RETURN NULL;
END $$;
"""

_LAND = ("divisions", "grids", "places", "buildings", "roads")
_ON = {"inserted": ("INSERT", "NEW"), "was": ("UPDATE", "OLD"), "is": ("UPDATE", "NEW")}
_ON["deleted"] = ("DELETE", "OLD")

_POLICIES = (
    "coverage_figures",
    "coverage_days",
    "coverage_grounds",
    "coverage_gaps",
    "coverage_sights",
    "camera_losses",
)
_SPAN = "BETWEEN (SELECT gridlink_low()) AND (SELECT gridlink_high())"

DOWNGRADE = """
DROP TABLE coverage_dirty, camera_losses, coverage_sights, coverage_gaps, coverage_grounds,
  coverage_days, coverage_figures;
DROP TRIGGER coverage_inserted ON cameras;
DROP TRIGGER coverage_updated ON cameras;
DROP TRIGGER coverage_deleted ON cameras;
DROP TRIGGER coverage_inserted ON poses;
DROP TRIGGER coverage_updated ON poses;
DROP TRIGGER coverage_deleted ON poses;
DROP FUNCTION coverage_camera_changed();
DROP FUNCTION coverage_pose_changed();
DROP FUNCTION coverage_land_changed();
DROP TRIGGER layer_touched ON cameras;
CREATE TRIGGER layer_touched AFTER UPDATE OF is_alive, name ON cameras
  FOR EACH STATEMENT EXECUTE FUNCTION gridlink_layer_touched();
ALTER TABLE cameras DROP COLUMN view_fault;
"""


def upgrade() -> None:
    op.execute(UPGRADE)
    for table in _LAND:
        for name, (act, side) in _ON.items():
            op.execute(
                f"CREATE TRIGGER coverage_{name} AFTER {act} ON {table}"
                f" REFERENCING {side} TABLE AS changed"
                " FOR EACH STATEMENT EXECUTE FUNCTION coverage_land_changed()"
            )
    for table in _POLICIES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        # A sum is no column: the division index must not offer itself (see 0008).
        op.execute(
            f"CREATE POLICY jurisdiction ON {table} TO gridlink_app"
            f" USING (division_code + 0 {_SPAN})"
        )
    op.execute(
        "CREATE TRIGGER layer_touched AFTER INSERT OR UPDATE OR DELETE ON coverage_grounds"
        " FOR EACH STATEMENT EXECUTE FUNCTION gridlink_layer_touched()"
    )


def downgrade() -> None:
    for table in _LAND:
        for name in _ON:
            op.execute(f"DROP TRIGGER coverage_{name} ON {table}")
    op.execute(DOWNGRADE)
