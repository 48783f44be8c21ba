-- Which cameras the rows of an enrolment may be, with what tells so: the device they have, code, name, the spot.
-- One step a row in devices_identities_idx, devices_address_idx, cameras_code_idx, cameras_name_whole_idx, cameras_geom_idx.
SELECT r.id AS row_id, m.how, m.camera_id, m.distance_m, m.identities
FROM enrolment_rows r
CROSS JOIN LATERAL (
  SELECT 'identity' AS how, d.camera_id, NULL::float8 AS distance_m, d.identities
    FROM devices d JOIN cameras c ON c.id = d.camera_id
    WHERE d.identities && r.identities AND d.channel = r.channel
      AND c.division_code BETWEEN :low AND :high
  UNION ALL
  SELECT 'address', d.camera_id, NULL, d.identities
    FROM devices d JOIN cameras c ON c.id = d.camera_id
    WHERE d.address = r.address AND d.channel = r.channel
      AND c.division_code BETWEEN :low AND :high
  UNION ALL
  SELECT 'code', c.id, NULL, '{}'::text[] FROM cameras c
    WHERE c.code = r.code AND c.division_code BETWEEN :low AND :high
  UNION ALL
  SELECT 'name', c.id, NULL, '{}'::text[] FROM cameras c
    WHERE c.name = r.name AND c.division_code BETWEEN :low AND :high
  UNION ALL
  (SELECT 'position', c.id, ST_DistanceSphere(c.geom, r.geom), '{}'::text[] FROM cameras c
    WHERE r.geom IS NOT NULL AND c.division_code BETWEEN :low AND :high
      AND c.geom && ST_Expand(r.geom, 0.001)
      AND NOT EXISTS (SELECT FROM devices d WHERE d.camera_id = c.id)
    ORDER BY c.geom <-> r.geom LIMIT 1)
) m
WHERE r.enrolment_id = :enrolment_id AND r.state IN ('waiting', 'answered', 'failed')
ORDER BY r.id
