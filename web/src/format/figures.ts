// Figures with their units.

export function distanceText(distance_m: number): string {
  if (distance_m < 1000) return `${Math.round(distance_m)} m`
  return `${(distance_m / 1000).toFixed(distance_m < 10_000 ? 2 : 1)} km`
}

export function areaText(area_m2: number): string {
  if (area_m2 < 100_000) return `${Math.round(area_m2).toLocaleString('en-US')} m²`
  return `${(area_m2 / 1e6).toFixed(2)} km²`
}

export function densityText(pixels_per_m: number): string {
  return `${pixels_per_m >= 100 ? Math.round(pixels_per_m) : pixels_per_m.toFixed(pixels_per_m < 10 ? 1 : 0)} px/m`
}
