-- Which edge lies nearest to each spot, and where on it? Of the eight nearest in degrees the nearest
-- in metres: scaled by the latitude's cosine, a few hundred metres are a plane. Index: road_edges_geom_idx.
SELECT p.n, e.id, e.part, e.fraction, e.off_m, p.lon, p.lat
FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) WITH ORDINALITY p(lon, lat, n)
CROSS JOIN LATERAL (
  SELECT id, part, ST_LineLocatePoint(line, spot) AS fraction,
         ST_Distance(line, spot) * :metres AS off_m
  FROM (
    SELECT near.id, near.part, ST_Scale(near.geom, cos(radians(p.lat)), 1) AS line,
           ST_SetSRID(ST_Point(p.lon * cos(radians(p.lat)), p.lat), 4326) AS spot
    FROM (
      SELECT id, part, geom FROM road_edges
      WHERE part_m >= :least_part_m
      ORDER BY geom <-> ST_SetSRID(ST_Point(p.lon, p.lat), 4326) LIMIT 8
    ) near
  ) scaled
  ORDER BY off_m, id LIMIT 1
) e
WHERE e.off_m <= :off_road_m
