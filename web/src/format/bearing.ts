// Compass words for bearings in degrees clockwise from true north.

export const compassPoints = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const
export type CompassPoint = (typeof compassPoints)[number]

/** The nearest of the eight compass points; exact halves go clockwise (22.5 is north-east). */
export function compassPoint(bearing_deg: number): CompassPoint {
  const turned = ((bearing_deg % 360) + 360) % 360
  return compassPoints[Math.floor((turned + 22.5) / 45) % 8]!
}

export function wholeDegrees(bearing_deg: number): string {
  return `${Math.round(((bearing_deg % 360) + 360) % 360) % 360}°`
}
