-- Which cameras of a division are there, what is known of the device behind each, and does it
-- serve a key trade: by its use (GB/T 28181 UseType 3), or because it stands on such a place?
-- Index: cameras_division_idx; places_outline_idx by && for each camera.
SELECT c.id, c.name, c.use_type, c.managing_unit, c.last_frame_at,
       ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
       d.camera_id IS NOT NULL AS is_enrolled, d.auth_state, d.address,
       d.secret IS NOT NULL AS has_login,
       -- Every Fernet token begins so: version 0x80 and the high bytes of a time before 2106.
       substring(d.secret FROM 1 FOR 4) = '\x67414141'::bytea AS is_sealed,
       CASE WHEN c.use_type IN ('3', '重点') OR EXISTS (
         SELECT FROM places p JOIN place_classes k ON k.kind = p.kind AND k.place_class = 'trade'
         WHERE p.is_key AND p.outline && c.geom AND ST_Covers(p.outline, c.geom)
       ) THEN 'trade' ELSE 'public_area' END AS place_class
FROM cameras c LEFT JOIN devices d ON d.camera_id = c.id
WHERE c.division_code BETWEEN :low AND :high
ORDER BY c.id
