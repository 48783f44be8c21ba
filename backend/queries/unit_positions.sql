-- Where the units of a jurisdiction were last heard, in a box, as far as it changed since.
-- Index: unit_positions_geom_idx for a box, else unit_positions_version_idx; shifts_ends_idx.
SELECT p.unit_id, p.at, p.lon_e7, p.lat_e7, p.accuracy_dm, p.speed_cms, p.version,
  CAST(p.unit_id IN (SELECT s.unit_id FROM shifts s WHERE s.starts_at <= %(now)s
    AND (s.ends_at > %(now)s OR s.ends_at IS NULL)) AS integer) AS on_duty
FROM unit_positions p
WHERE p.division_code BETWEEN %(low)s AND %(high)s
  AND p.version >= %(since)s
  -- Left out where no box is asked for:
  AND p.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
