// The sketch of a shift: where the picture of before lies in the picture of now.

export interface Shift {
  right_deg: number
  up_deg: number
  roll_deg: number
  zoom: number
}

export interface Corner {
  x: number
  y: number
}

type Figures = Record<string, number | null>

/** The measured shift of a finding, null where too few corners agreed to measure one. */
export function shiftOf(figures: Figures | undefined): Shift | null {
  const { right_deg, up_deg, roll_deg, zoom } = figures ?? {}
  if (right_deg == null || up_deg == null) return null
  return { right_deg, up_deg, roll_deg: roll_deg ?? 0, zoom: zoom ?? 1 }
}

const radians = (degrees: number) => (degrees * Math.PI) / 180

/**
 * The outline of the former view in the present picture, corners from the upper left clockwise, in shares of the picture's width from
 * its middle. A camera that turned right shows the former view at the left. Small turns: each axis by its tangent.
 */
export function formerOutline(shift: Shift, fov_deg: number, aspect = 16 / 9): Corner[] {
  const perTangent = 0.5 / Math.tan(radians(Math.min(fov_deg, 150)) / 2)
  const middle = { x: -Math.tan(radians(shift.right_deg)) * perTangent * shift.zoom, y: Math.tan(radians(shift.up_deg)) * perTangent * shift.zoom }
  const roll = radians(-shift.roll_deg)
  const half = { x: shift.zoom / 2, y: shift.zoom / 2 / aspect }
  return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([side, level]) => {
    const x = side! * half.x
    const y = level! * half.y
    return { x: middle.x + x * Math.cos(roll) - y * Math.sin(roll), y: middle.y + x * Math.sin(roll) + y * Math.cos(roll) }
  })
}
