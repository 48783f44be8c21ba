-- Which named things of the jurisdiction match what somebody typed: by name, initials or code?
-- Index: none. ILIKE is not leakproof, so no trigram serves under row-level security; reading all of
-- 100,000 cameras took 0.1 s on two busy cores, once for each word somebody typed.
WITH asked AS (SELECT :pattern AS pattern, :prefix AS prefix)
(
  SELECT 'place' AS kind, p.id::text AS id, p.name AS title, coalesce(p.address, p.kind) AS subtitle,
         ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat, similarity(p.name, :q) + p.is_key::int AS score
  FROM places p, asked
  WHERE p.division_code BETWEEN :low AND :high
    AND (p.name ILIKE asked.pattern OR p.initials LIKE asked.prefix OR p.code = :q)
  ORDER BY score DESC, p.id LIMIT :limit
) UNION ALL (
  SELECT 'grid', g.id::text, g.name, g.code,
         ST_X(ST_PointOnSurface(g.geom)), ST_Y(ST_PointOnSurface(g.geom)), similarity(g.name, :q) + 0.1
  FROM grids g, asked
  WHERE g.division_code BETWEEN :low AND :high AND g.valid_to IS NULL
    AND (g.name ILIKE asked.pattern OR g.code LIKE asked.prefix)
  ORDER BY 7 DESC, g.id LIMIT :limit
) UNION ALL (
  SELECT 'camera', c.id::text, c.name, coalesce(c.code, c.address, ''),
         ST_X(c.geom), ST_Y(c.geom), similarity(c.name, :q)
  FROM cameras c, asked
  WHERE :with_cameras AND c.division_code BETWEEN :low AND :high
    AND (c.name ILIKE asked.pattern OR c.initials LIKE asked.prefix OR c.code LIKE asked.prefix)
  ORDER BY 7 DESC, c.id LIMIT :limit
) UNION ALL (
  SELECT 'division', lpad(d.code::text, 12, '0'), d.name, lpad(d.code::text, 12, '0'),
         ST_X(ST_PointOnSurface(d.geom)), ST_Y(ST_PointOnSurface(d.geom)),
         similarity(d.name, :q) + 0.2
  FROM divisions d, asked
  WHERE d.valid_to IS NULL
    AND (d.name ILIKE asked.pattern OR lpad(d.code::text, 12, '0') LIKE asked.prefix)
  ORDER BY 7 DESC, d.code LIMIT :limit
) UNION ALL (
  SELECT 'incident', i.id::text, i.number, left(coalesce(nullif(i.description, ''), i.place_text, ''), 80),
         ST_X(i.geom), ST_Y(i.geom), 0.5
  FROM incidents i, asked
  WHERE :with_incidents AND i.division_code BETWEEN :low AND :high
    AND (i.number ILIKE asked.pattern OR i.place_text ILIKE asked.pattern)
  ORDER BY i.id DESC LIMIT :limit
)
ORDER BY score DESC LIMIT :limit
