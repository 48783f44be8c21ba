-- Which places of the jurisdiction does a tile show? Key places first; all from zoom 14.
-- Index: places_geom_3857_idx by && (leakproof, so it serves under row-level security too).
WITH bounds AS (
  SELECT ST_TileEnvelope(:z, :x, :y) AS box, ST_TileEnvelope(:z, :x, :y, margin => 0.03125) AS wide
), shown AS (
  SELECT p.id AS fid, p.id, p.name, p.kind, p.is_key, p.weight,
         ST_AsMVTGeom(p.geom_3857, b.box, 4096, 128) AS geom
  FROM places p, bounds b
  WHERE p.geom_3857 && b.wide
    AND p.division_code BETWEEN :low AND :high
    AND (:z >= 14 OR p.is_key)
  ORDER BY p.is_key DESC, p.weight DESC
  LIMIT 2000
)
SELECT ST_AsMVT(shown, 'places', 4096, 'geom', 'fid') FROM shown WHERE geom IS NOT NULL
