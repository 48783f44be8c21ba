-- Which of these units are in use, and their duty periods that touch a span (microseconds).
-- Index: units_pkey, and shifts_end_idx for each unit.
SELECT u.id, u.division_code,
  CAST(extract(epoch FROM s.starts_at) * 1000000 AS bigint) AS starts_us,
  CAST(extract(epoch FROM s.ends_at) * 1000000 AS bigint) AS ends_us
FROM units u
LEFT JOIN shifts s ON s.unit_id = u.id
  AND s.starts_at <= timestamptz 'epoch' + CAST(:last_us AS bigint) * interval '1 microsecond'
  AND coalesce(s.ends_at, timestamptz 'infinity')
    > timestamptz 'epoch' + CAST(:first_us AS bigint) * interval '1 microsecond'
WHERE u.id = ANY(:units) AND u.is_active
