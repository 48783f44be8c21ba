-- Which buildings does a tile show? From zoom 15 all of them, before that the larger ones.
-- Index: buildings_geom_3857_idx by &&.
WITH bounds AS (
  SELECT ST_TileEnvelope(:z, :x, :y) AS box, ST_TileEnvelope(:z, :x, :y, margin => 0.015625) AS wide
), chosen AS (
  SELECT n.id, n.name, n.height_m, n.height_assumed, n.geom_3857
  FROM buildings n, bounds b
  WHERE n.geom_3857 && b.wide
    AND (:z >= 15 OR ST_Area(n.geom_3857) > 9 * :pixel_m * :pixel_m)
  ORDER BY CASE WHEN :z >= 15 THEN 0 ELSE -ST_Area(n.geom_3857) END
  LIMIT CASE WHEN :z >= 15 THEN 20000 WHEN :z = 14 THEN 5000 ELSE 3000 END
), shown AS (
  SELECT n.id AS fid, n.id, n.name, round(n.height_m::numeric, 1)::float8 AS height_m, n.height_assumed,
         ST_AsMVTGeom(CASE WHEN :z >= 16 THEN n.geom_3857
                      ELSE ST_Simplify(n.geom_3857, :pixel_m / 2) END, b.box, 4096, 64) AS geom
  FROM chosen n, bounds b
)
SELECT ST_AsMVT(shown, 'buildings', 4096, 'geom', 'fid') FROM shown WHERE geom IS NOT NULL
