-- Which divisions does a tile show? Counties, from zoom 8 townships, from zoom 11 villages.
-- Index: divisions_geom_3857_idx by &&.
WITH bounds AS (
  SELECT ST_TileEnvelope(:z, :x, :y) AS box, ST_TileEnvelope(:z, :x, :y, margin => 0.03125) AS wide
), shown AS (
  SELECT d.id AS fid, d.id, lpad(d.code::text, 12, '0') AS code, d.name,
         CASE d.level WHEN 3 THEN 'county' WHEN 4 THEN 'township' ELSE 'village' END AS level,
         ST_AsMVTGeom(ST_Simplify(d.geom_3857, :pixel_m / 2), b.box, 4096, 128) AS geom
  FROM divisions d, bounds b
  WHERE d.geom_3857 && b.wide AND d.valid_to IS NULL
    AND d.level BETWEEN 3 AND CASE WHEN :z < 8 THEN 3 WHEN :z < 11 THEN 4 ELSE 5 END
)
SELECT ST_AsMVT(shown, 'divisions', 4096, 'geom', 'fid') FROM shown WHERE geom IS NOT NULL
