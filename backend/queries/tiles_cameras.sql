-- Which cameras of the jurisdiction does a tile show, one feature a sensor?
-- Index: cameras_geom_3857_idx by && (leakproof, so it serves under row-level security too).
WITH bounds AS (
  SELECT ST_TileEnvelope(:z, :x, :y) AS box, ST_TileEnvelope(:z, :x, :y, margin => 0.03125) AS wide
), chosen AS MATERIALIZED (
  SELECT c.id, c.name, c.has_ptz, c.is_alive, c.view_fault, c.geom_3857
  FROM cameras c, bounds b
  WHERE c.geom_3857 && b.wide AND c.division_code BETWEEN :low AND :high
), shown AS (
  SELECT c.id AS fid, c.id, c.name, p.azimuth_deg, p.azimuth_error_deg, p.fov_deg, p.range_m, p.sensor_no,
         c.has_ptz::int AS ptz,
         (c.view_fault IS NOT NULL)::int AS fault,
         CASE c.is_alive WHEN true THEN 1 WHEN false THEN 0 ELSE -1 END AS alive,
         CASE WHEN p.azimuth_deg IS NULL OR p.azimuth_error_deg >= 180 THEN 'unknown'
              WHEN p.azimuth_error_deg > 0 AND p.source <> 'calibrated' THEN 'possible'
              ELSE 'certain' END AS pose,
         ST_AsMVTGeom(c.geom_3857, b.box, 4096, 128) AS geom
  FROM chosen c CROSS JOIN bounds b LEFT JOIN poses p ON p.camera_id = c.id
)
SELECT ST_AsMVT(shown, 'cameras', 4096, 'geom', 'fid') FROM shown WHERE geom IS NOT NULL
