// Marks of people and what they have to do: units, tasks, checkpoints.

import type { Palette } from './palette'
import { side_px, type Pen } from './pen'

/** Heard: full. Silent on duty: an empty, broken outline. Off duty: grey with a bar. Busy: a dot at the shoulder. */
export function drawUnit(pen: Pen, [kind = 'grid_worker', standing = 'off', load]: string[], palette: Palette): void {
  const m = side_px / 2
  unitOutline(pen, kind)
  pen.lineWidth = 5
  pen.strokeStyle = palette.halo
  pen.stroke()
  pen.fillStyle = standing === 'heard' ? palette.accent : palette.halo
  pen.fill()
  pen.setLineDash(standing === 'silent' ? [4, 3] : [])
  pen.lineWidth = 2.4
  pen.strokeStyle = standing === 'off' ? palette.deadLine : palette.accent
  pen.stroke()
  pen.setLineDash([])
  if (standing === 'off') {
    pen.beginPath()
    pen.moveTo(m - 5, m)
    pen.lineTo(m + 5, m)
    pen.stroke()
  }
  if (load !== 'busy') return
  pen.beginPath()
  pen.arc(m + 11, m - 11, 5.4, 0, Math.PI * 2)
  pen.fillStyle = palette.keyPlace
  pen.fill()
  pen.lineWidth = 2
  pen.strokeStyle = palette.halo
  pen.stroke()
}

/** A flag of the task's colour; its cloth is cut by severity: pointed, swallow-tailed, straight. */
export function drawTask(pen: Pen, severity: string, palette: Palette): void {
  const m = side_px / 2
  const cloth: Record<string, [number, number][]> = {
    red: [[0, -18], [19, -11], [0, -4]],
    yellow: [[0, -18], [18, -18], [12, -11], [18, -4], [0, -4]],
    blue: [[0, -18], [17, -18], [17, -4], [0, -4]],
  }
  for (const isCase of [true, false]) {
    pen.beginPath()
    pen.moveTo(m, m)
    pen.lineTo(m, m - 19)
    pen.lineWidth = isCase ? 6 : 2.6
    pen.strokeStyle = isCase ? palette.halo : palette.keyPlace
    pen.stroke()
    pen.beginPath()
    for (const [x, y] of cloth[severity] ?? cloth.blue!) pen.lineTo(m + x, m + y)
    pen.closePath()
    pen.lineWidth = isCase ? 5 : 1
    pen.strokeStyle = isCase ? palette.halo : palette[severity as 'red' | 'yellow' | 'blue']
    pen.stroke()
    pen.fillStyle = palette[severity as 'red' | 'yellow' | 'blue']
    if (!isCase) pen.fill()
  }
}

/** A post with its reach around it; crossed out when it was missed. */
export function drawCheckpoint(pen: Pen, state: string, palette: Palette): void {
  const m = side_px / 2
  pen.beginPath()
  pen.arc(m, m, 8, 0, Math.PI * 2)
  pen.fillStyle = palette.halo
  pen.fill()
  pen.lineWidth = 2.2
  pen.strokeStyle = palette.keyPlace
  pen.stroke()
  pen.beginPath()
  if (state === 'late') {
    pen.moveTo(m - 4, m - 4)
    pen.lineTo(m + 4, m + 4)
    pen.moveTo(m + 4, m - 4)
    pen.lineTo(m - 4, m + 4)
  } else {
    pen.moveTo(m - 4, m)
    pen.lineTo(m - 1, m + 3.4)
    pen.lineTo(m + 4.4, m - 3.4)
  }
  pen.stroke()
}

/** Outline by kind: house for household heads, square for grid workers, disc for volunteers, shield for response. */
function unitOutline(pen: Pen, kind: string): void {
  const m = side_px / 2
  pen.beginPath()
  if (kind === 'household_head') {
    pen.moveTo(m, m - 12)
    pen.lineTo(m + 11, m - 2)
    pen.lineTo(m + 9, m + 10)
    pen.lineTo(m - 9, m + 10)
    pen.lineTo(m - 11, m - 2)
  } else if (kind === 'grid_worker') pen.roundRect(m - 10, m - 10, 20, 20, 4)
  else if (kind === 'response') {
    pen.moveTo(m - 10, m - 10)
    pen.lineTo(m + 10, m - 10)
    pen.lineTo(m + 10, m + 2)
    pen.quadraticCurveTo(m + 8, m + 9, m, m + 13)
    pen.quadraticCurveTo(m - 8, m + 9, m - 10, m + 2)
  } else pen.arc(m, m, 11, 0, Math.PI * 2)
  pen.closePath()
}
