-- Which ground of the jurisdiction's grids is seen for sure, by one camera, by none, in a tile, at some densities?
-- Index: coverage_grounds_geom_3857_idx by && (leakproof, so it serves under row-level security).
WITH bounds AS (
  SELECT ST_TileEnvelope(:z, :x, :y) AS box, ST_TileEnvelope(:z, :x, :y, margin => 0.015625) AS wide
), shown AS (
  SELECT c.grid_id, c.part, c.px_per_m::double precision AS px_per_m,
         ST_AsMVTGeom(ST_Simplify(c.geom_3857, :pixel_m / 2), b.box, 4096, 64) AS geom
  FROM coverage_grounds c, bounds b
  WHERE c.geom_3857 && b.wide AND c.reading = :reading
    AND c.px_per_m = ANY(CAST(:densities AS real[]))
    AND c.division_code BETWEEN :low AND :high
  LIMIT 5000
)
SELECT ST_AsMVT(shown, 'coverage', 4096, 'geom') FROM shown WHERE geom IS NOT NULL
