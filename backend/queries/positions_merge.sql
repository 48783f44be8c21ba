-- The newest fix of each unit: the latest instant, and of equal instants the greatest row, so that
-- the order of arrival does not matter. Index: unit_positions_pkey.
INSERT INTO unit_positions AS p
  (unit_id, division_code, at, lon_e7, lat_e7, accuracy_dm, speed_cms)
SELECT n.unit, u.division_code, timestamptz 'epoch' + n.at_us * interval '1 microsecond',
  n.lon, n.lat, n.accuracy, n.speed
FROM unnest(CAST(:unit AS bigint[]), CAST(:at_us AS bigint[]), CAST(:lon_e7 AS integer[]),
  CAST(:lat_e7 AS integer[]), CAST(:accuracy_dm AS integer[]), CAST(:speed_cms AS integer[]))
  AS n (unit, at_us, lon, lat, accuracy, speed)
JOIN units u ON u.id = n.unit
ORDER BY n.unit
ON CONFLICT (unit_id) DO UPDATE SET at = excluded.at, lon_e7 = excluded.lon_e7,
  lat_e7 = excluded.lat_e7, accuracy_dm = excluded.accuracy_dm, speed_cms = excluded.speed_cms,
  version = CAST(CAST(pg_current_xact_id() AS text) AS bigint)
WHERE (excluded.at, excluded.lon_e7, excluded.lat_e7, excluded.accuracy_dm, excluded.speed_cms)
  > (p.at, p.lon_e7, p.lat_e7, p.accuracy_dm, p.speed_cms)
RETURNING p.unit_id
