-- How long does the fastest way from point 1 to each other point take, and how long is it? A row of a
-- way is a stretch of one edge; its metres follow from its seconds. Index: road_edges_geom_idx (inner query).
SELECT w.end_pid, sum(w.cost) AS travel_s, sum(w.cost * s.speed_mps) AS travel_m
FROM pgr_withPoints(CAST(:edges AS text), CAST(:points AS text), CAST(-1 AS bigint),
                    CAST(:ends AS bigint[]), directed => false) w
JOIN road_edges e ON e.id = w.edge
JOIN road_speeds s ON s.vehicle = :vehicle AND s.road_class = e.road_class
GROUP BY w.end_pid
