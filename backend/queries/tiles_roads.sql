-- Which roads does a tile show? Fewer classes the smaller the scale, simplified to half a pixel.
-- Index: roads_geom_3857_idx by &&.
WITH bounds AS (
  SELECT ST_TileEnvelope(:z, :x, :y) AS box, ST_TileEnvelope(:z, :x, :y, margin => 0.03125) AS wide
), shown AS (
  SELECT r.id AS fid, r.id, r.name, r.road_class AS class,
         ST_AsMVTGeom(ST_Simplify(r.geom_3857, :pixel_m / 2), b.box, 4096, 128) AS geom
  FROM roads r, bounds b
  WHERE r.geom_3857 && b.wide
    AND r.road_class = ANY (CASE
      WHEN :z < 9 THEN ARRAY['national', 'provincial']
      WHEN :z < 11 THEN ARRAY['national', 'provincial', 'county']
      WHEN :z < 13 THEN ARRAY['national', 'provincial', 'county', 'town']
      WHEN :z < 14 THEN ARRAY['national', 'provincial', 'county', 'town', 'street']
      ELSE ARRAY['national', 'provincial', 'county', 'town', 'street', 'lane', 'other'] END)
  LIMIT 20000
)
SELECT ST_AsMVT(shown, 'roads', 4096, 'geom', 'fid') FROM shown WHERE geom IS NOT NULL
