-- How the tiles of a wall name their cameras, in the order asked for: name and the nearest place, else grid, else division.
-- Cameras by primary key; places and grids by their GiST index, the box of 0.005 degrees being some 500 m.
SELECT c.id AS camera_id, c.name, c.is_alive AS alive, c.has_ptz, c.view_fault,
  EXISTS (SELECT FROM devices d WHERE d.camera_id = c.id) AS is_enrolled,
  coalesce(
    (SELECT p.name FROM places p
      WHERE p.division_code BETWEEN :low AND :high AND p.geom && ST_Expand(c.geom, 0.005)
      ORDER BY p.geom <-> c.geom LIMIT 1),
    (SELECT g.name FROM grids g
      WHERE g.valid_to IS NULL AND g.division_code BETWEEN :low AND :high
        AND g.geom && c.geom AND ST_Covers(g.geom, c.geom)
      ORDER BY g.set_name, ST_Area(g.geom), g.id LIMIT 1),
    (SELECT v.name FROM divisions v WHERE v.code = c.division_code AND v.valid_to IS NULL)
  ) AS place
FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS asked (id, position)
JOIN cameras c ON c.id = asked.id AND c.division_code BETWEEN :low AND :high
ORDER BY asked.position
