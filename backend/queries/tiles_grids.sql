-- Which grids of the jurisdiction does a tile show?
-- Index: grids_geom_3857_idx by && (leakproof, so it serves under row-level security too).
WITH bounds AS (
  SELECT ST_TileEnvelope(:z, :x, :y) AS box, ST_TileEnvelope(:z, :x, :y, margin => 0.03125) AS wide
), shown AS (
  SELECT g.id AS fid, g.id, g.code, g.name, g.kind, g.set_name,
         ST_AsMVTGeom(ST_Simplify(g.geom_3857, :pixel_m / 2), b.box, 4096, 128) AS geom
  FROM grids g, bounds b
  WHERE g.geom_3857 && b.wide AND g.valid_to IS NULL
    AND g.division_code BETWEEN :low AND :high
  LIMIT 5000
)
SELECT ST_AsMVT(shown, 'grids', 4096, 'geom', 'fid') FROM shown WHERE geom IS NOT NULL
