-- How many cameras of the jurisdiction stand in each 64-pixel cell of a tile?
-- Index: cameras_geom_3857_idx by && (leakproof, so it serves under row-level security too).
-- Cells do not cross a tile's edge, so no camera is counted twice.
WITH bounds AS (SELECT ST_TileEnvelope(:z, :x, :y) AS box), cell AS (
  SELECT floor((ST_X(c.geom_3857) - ST_XMin(b.box)) / (64 * :pixel_m)) AS i,
         floor((ST_Y(c.geom_3857) - ST_YMin(b.box)) / (64 * :pixel_m)) AS j,
         count(*) AS count, count(*) FILTER (WHERE c.is_alive) AS alive,
         avg(ST_X(c.geom_3857)) AS x, avg(ST_Y(c.geom_3857)) AS y, min(c.id) AS id
  FROM cameras c, bounds b
  WHERE c.geom_3857 && b.box AND c.division_code BETWEEN :low AND :high
  GROUP BY 1, 2
), shown AS (
  SELECT cell.id AS fid, cell.count, cell.alive,
         ST_AsMVTGeom(ST_SetSRID(ST_Point(cell.x, cell.y), 3857), b.box, 4096, 0) AS geom
  FROM cell, bounds b WHERE cell.i BETWEEN 0 AND 7 AND cell.j BETWEEN 0 AND 7
)
SELECT ST_AsMVT(shown, 'cameras', 4096, 'geom', 'fid') FROM shown WHERE geom IS NOT NULL
