-- Which restricted areas of the jurisdiction does a tile show?
-- Index: restricted_areas_geom_3857_idx by && (leakproof, so it serves under row-level security too).
WITH bounds AS (
  SELECT ST_TileEnvelope(:z, :x, :y) AS box, ST_TileEnvelope(:z, :x, :y, margin => 0.03125) AS wide
), shown AS (
  SELECT a.id AS fid, a.id, a.kind, a.name, a.consent_document IS NOT NULL AS has_consent,
         ST_AsMVTGeom(ST_Simplify(a.geom_3857, :pixel_m / 2), b.box, 4096, 128) AS geom
  FROM restricted_areas a, bounds b
  WHERE a.geom_3857 && b.wide AND a.division_code BETWEEN :low AND :high
  LIMIT 5000
)
SELECT ST_AsMVT(shown, 'restricted', 4096, 'geom', 'fid') FROM shown WHERE geom IS NOT NULL
