-- Marks days (UTC) of units as changed, for deriving. Index: patrol_dirty_pkey.
INSERT INTO patrol_dirty (unit_id, day)
SELECT r.unit, date '1970-01-01' + CAST(r.day AS integer)
FROM unnest(CAST(:unit AS bigint[]), CAST(:day AS bigint[])) AS r (unit, day) ORDER BY 1, 2
ON CONFLICT (unit_id, day) DO UPDATE SET at = clock_timestamp()
