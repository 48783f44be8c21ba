-- What do the cameras of the jurisdiction see in a tile: certainly, and possibly?
-- Index: viewsheds_extent_3857_idx by && (leakproof, so it serves under row-level security too).
WITH bounds AS (
  SELECT ST_TileEnvelope(:z, :x, :y) AS box, ST_TileEnvelope(:z, :x, :y, margin => 0.015625) AS wide
), chosen AS MATERIALIZED (
  SELECT v.camera_id, v.certain, v.possible
  FROM viewsheds v, bounds b
  WHERE v.extent_3857 && b.wide AND v.division_code BETWEEN :low AND :high
  LIMIT 2000
), part AS (
  SELECT camera_id, 'certain' AS sight, certain AS geom FROM chosen WHERE certain IS NOT NULL
  UNION ALL
  SELECT camera_id, 'possible', possible FROM chosen WHERE possible IS NOT NULL
), shown AS (
  SELECT part.camera_id AS fid, part.camera_id, part.sight,
         -- Withdrawn until somebody confirms the view: drawn as one that sends no picture.
         CASE WHEN c.view_fault IS NOT NULL THEN 0 ELSE CASE c.is_alive WHEN true THEN 1 WHEN false THEN 0 ELSE -1 END END AS alive,
         ST_AsMVTGeom(ST_Simplify(ST_Transform(part.geom, 3857), :pixel_m / 2), b.box, 4096, 64)
           AS geom
  FROM bounds b, part JOIN cameras c ON c.id = part.camera_id
)
SELECT ST_AsMVT(shown, 'viewsheds', 4096, 'geom', 'fid') FROM shown WHERE geom IS NOT NULL
