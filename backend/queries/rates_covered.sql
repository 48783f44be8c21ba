-- Which key places of a division are there, and how much of each is seen for sure at one density?
-- Index: coverage_figures_pkey for each place; key places are few, so `places` is read through.
SELECT p.id, p.name, p.kind, coalesce(k.place_class, 'public_area') AS place_class,
       ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat,
       f.measure, f.total, f.certain, f.possible, n.certain AS certain_now
FROM places p
LEFT JOIN place_classes k ON k.kind = p.kind
LEFT JOIN LATERAL (
  -- Its outline, or its surroundings where it has none.
  SELECT measure, total, certain, possible FROM coverage_figures
  WHERE subject_kind = 'place' AND subject_id = p.id AND reading = 'installed'
    AND measure IN ('outline', 'area') AND px_per_m = :px_per_m AND total > 0
  ORDER BY measure DESC LIMIT 1
) f ON true
LEFT JOIN coverage_figures n ON n.subject_kind = 'place' AND n.subject_id = p.id
  AND n.reading = 'now' AND n.measure = f.measure AND n.px_per_m = :px_per_m
WHERE p.is_key AND p.division_code BETWEEN :low AND :high
ORDER BY p.id
