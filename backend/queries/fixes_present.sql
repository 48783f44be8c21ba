-- Which of these units have fixes already within a span (microseconds).
-- Index: the key of the day's partition, one step for each unit and day of its span.
SELECT r.unit
FROM unnest(CAST(:unit AS bigint[]), CAST(:first_us AS bigint[]), CAST(:last_us AS bigint[]))
  AS r (unit, first_us, last_us)
WHERE EXISTS (
  SELECT FROM fixes f WHERE f.unit_id = r.unit
    AND f.at >= timestamptz 'epoch' + r.first_us * interval '1 microsecond'
    AND f.at <= timestamptz 'epoch' + r.last_us * interval '1 microsecond')
