-- What stands and lies open on pieces of ground; by the GiST indexes of places, cameras, incidents.
SELECT p.n,
  (SELECT count(*) FROM places t WHERE t.division_code BETWEEN :low AND :high
    AND t.geom && p.geom AND ST_Covers(p.geom, t.geom)) AS places,
  (SELECT count(*) FROM cameras t WHERE t.division_code BETWEEN :low AND :high
    AND t.geom && p.geom AND ST_Covers(p.geom, t.geom)) AS cameras,
  (SELECT count(*) FROM incidents t WHERE t.division_code BETWEEN :low AND :high
    AND t.state IN ('reported', 'handling')
    AND t.geom && p.geom AND ST_Covers(p.geom, t.geom)) AS open_incidents
FROM (SELECT n, ST_GeomFromWKB(shape, 4326) AS geom
  FROM unnest(CAST(:shapes AS bytea[])) WITH ORDINALITY AS u (shape, n)) AS p
ORDER BY p.n
