-- Takes what is new of `incoming`, marks the days (UTC) it falls in, and counts it by unit.
-- Index: the key of the day's partition; whatever is there already changes nothing.
WITH fresh AS (
  INSERT INTO fixes SELECT * FROM incoming ON CONFLICT DO NOTHING RETURNING unit_id, at
), days AS (
  SELECT unit_id, CAST(at AT TIME ZONE 'UTC' AS date) AS day, count(*) AS rows
  FROM fresh GROUP BY 1, 2
), marked AS (
  INSERT INTO patrol_dirty (unit_id, day) SELECT unit_id, day FROM days ORDER BY 1, 2
  ON CONFLICT (unit_id, day) DO UPDATE SET at = clock_timestamp()
)
SELECT unit_id, CAST(sum(rows) AS bigint) AS taken FROM days GROUP BY 1
