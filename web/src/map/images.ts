// Marks of the map, drawn on a canvas when the map first asks for them; names say what they show:
// "camera:<pose>:<width>:<state>:<ptz>", "unit:<kind>:<standing>:<load>", "task:<severity>", "checkpoint:<state>", "incident:<severity>", "hatch:<colour>", "dots:<colour>", "crosses:<colour>", "place:key", "site:<state>".

import { drawCheckpoint, drawTask, drawUnit } from './dutyMarks'
import type { Palette } from './palette'
import { side_px, type Pen } from './pen'

export interface Mark {
  width: number
  height: number
  data: Uint8ClampedArray
}

export const markScale = 2

function canvasOf(size_px: number): { canvas: HTMLCanvasElement; pen: Pen } {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = size_px * markScale
  const pen = canvas.getContext('2d')!
  pen.scale(markScale, markScale)
  pen.lineJoin = 'round'
  pen.lineCap = 'round'
  return { canvas, pen }
}

const halfAngles_deg: Record<string, number> = { narrow: 19, normal: 33, wide: 52 }

function sector(pen: Pen, half_deg: number, reach_px: number): void {
  const middle = side_px / 2
  const half = (half_deg * Math.PI) / 180
  pen.beginPath()
  pen.moveTo(middle, middle)
  pen.arc(middle, middle, reach_px, -Math.PI / 2 - half, -Math.PI / 2 + half)
  pen.closePath()
}

function hatch(pen: Pen, colour: string, step_px: number, width_px: number): void {
  pen.strokeStyle = colour
  pen.lineWidth = width_px
  pen.lineCap = 'butt'
  pen.beginPath()
  for (let x = -side_px; x < side_px * 2; x += step_px) {
    pen.moveTo(x, side_px)
    pen.lineTo(x + side_px, 0)
  }
  pen.stroke()
}

interface CameraLook {
  pose: string
  width: string
  state: string
  hasPtz: boolean
}

function drawField(pen: Pen, look: CameraLook, palette: Palette): void {
  const colour = look.state === 'dead' ? palette.dead : palette.accent
  const half_deg = halfAngles_deg[look.width] ?? 33
  sector(pen, half_deg, 20)
  pen.lineWidth = 3
  pen.strokeStyle = palette.cameraLine
  pen.stroke()
  if (look.pose === 'certain') {
    pen.fillStyle = colour
    pen.globalAlpha = look.state === 'unknown' ? 0.45 : 1
    pen.fill()
    pen.globalAlpha = 1
  } else {
    pen.save()
    pen.clip()
    pen.fillStyle = palette.cameraLine
    pen.globalAlpha = 0.55
    pen.fill()
    pen.globalAlpha = 1
    hatch(pen, colour, 5, 2)
    pen.restore()
  }
  sector(pen, half_deg, 20)
  pen.lineWidth = 1.3
  pen.strokeStyle = look.state === 'dead' ? palette.deadLine : colour
  pen.stroke()
}

function drawBody(pen: Pen, look: CameraLook, palette: Palette): void {
  const middle = side_px / 2
  const colour = look.state === 'dead' ? palette.deadLine : palette.accent
  const radius = look.pose === 'unknown' ? 7 : 5
  pen.beginPath()
  pen.arc(middle, middle, radius, 0, Math.PI * 2)
  pen.fillStyle = palette.cameraLine
  pen.fill()
  pen.lineWidth = 2
  pen.strokeStyle = colour
  pen.stroke()
  pen.beginPath()
  pen.arc(middle, middle, 2, 0, Math.PI * 2)
  pen.fillStyle = colour
  pen.fill()
  if (look.hasPtz) {
    pen.beginPath()
    pen.arc(middle, middle, radius + 4, 0, Math.PI * 2)
    pen.lineWidth = 1.6
    pen.strokeStyle = colour
    pen.stroke()
  }
  if (look.state === 'dead') {
    for (const [width, ink] of [[5, palette.cameraLine], [2.2, palette.deadLine]] as const) {
      pen.beginPath()
      pen.moveTo(middle - 10, middle + 10)
      pen.lineTo(middle + 10, middle - 10)
      pen.lineWidth = width
      pen.strokeStyle = ink
      pen.stroke()
    }
  }
}

function drawCamera(pen: Pen, parts: string[], palette: Palette): void {
  const [pose = 'unknown', width = 'normal', state = 'unknown', ptz] = parts
  const look = { pose, width, state, hasPtz: ptz === 'ptz' }
  if (pose !== 'unknown') drawField(pen, look, palette)
  drawBody(pen, look, palette)
}

/** Shape as well as colour: red is a triangle, yellow a diamond, blue a disc. */
function drawIncident(pen: Pen, severity: string, palette: Palette): void {
  const m = side_px / 2
  pen.beginPath()
  if (severity === 'red') {
    pen.moveTo(m, m - 15)
    pen.lineTo(m + 15, m + 11)
    pen.lineTo(m - 15, m + 11)
    pen.closePath()
  } else if (severity === 'yellow') {
    pen.moveTo(m, m - 14)
    pen.lineTo(m + 14, m)
    pen.lineTo(m, m + 14)
    pen.lineTo(m - 14, m)
    pen.closePath()
  } else pen.arc(m, m, 11, 0, Math.PI * 2)
  pen.lineWidth = 5
  pen.strokeStyle = palette.ground
  pen.stroke()
  pen.fillStyle = palette[severity as 'red' | 'yellow' | 'blue']
  pen.fill()
  pen.fillStyle = palette.onMark
  pen.fillRect(m - 1.4, m - 6, 2.8, 8.5)
  pen.beginPath()
  pen.arc(m, m + 6.3, 1.8, 0, Math.PI * 2)
  pen.fill()
}

function drawKeyPlace(pen: Pen, palette: Palette): void {
  const m = side_px / 2
  pen.beginPath()
  pen.rect(m - 7, m - 7, 14, 14)
  pen.fillStyle = palette.halo
  pen.fill()
  pen.lineWidth = 2.4
  pen.strokeStyle = palette.keyPlace
  pen.stroke()
  pen.fillStyle = palette.keyPlace
  pen.fillRect(m - 3, m - 3, 6, 6)
}

function drawBlock(pen: Pen, palette: Palette): void {
  const m = side_px / 2
  pen.lineWidth = 7
  pen.strokeStyle = palette.ground
  pen.beginPath()
  pen.moveTo(m, m - 9)
  pen.lineTo(m, m + 9)
  pen.stroke()
  pen.lineWidth = 3.4
  pen.strokeStyle = palette.blocked
  pen.stroke()
}

const hatchTile_px = 8

function drawHatch(pen: Pen, colour: string): void {
  pen.strokeStyle = colour
  pen.lineWidth = 1.6
  pen.beginPath()
  for (const shift of [-hatchTile_px, 0, hatchTile_px]) {
    pen.moveTo(shift - 1, hatchTile_px + 1)
    pen.lineTo(shift + hatchTile_px + 1, -1)
  }
  pen.stroke()
}

function drawCrosses(pen: Pen, colour: string): void {
  pen.strokeStyle = colour
  pen.lineWidth = 1.1
  pen.beginPath()
  pen.moveTo(2, 2)
  pen.lineTo(6, 6)
  pen.moveTo(6, 2)
  pen.lineTo(2, 6)
  pen.stroke()
}

function drawDots(pen: Pen, colour: string): void {
  pen.fillStyle = colour
  for (const [x, y] of [[2, 2], [6, 6]] as const) {
    pen.beginPath()
    pen.arc(x, y, 1.25, 0, Math.PI * 2)
    pen.fill()
  }
}

/** A proposed site: a diamond around its rank, filled when chosen. */
function drawSite(pen: Pen, state: string, palette: Palette): void {
  const m = side_px / 2
  pen.beginPath()
  pen.moveTo(m, m - 15)
  pen.lineTo(m + 15, m)
  pen.lineTo(m, m + 15)
  pen.lineTo(m - 15, m)
  pen.closePath()
  pen.fillStyle = state === 'chosen' ? palette.keyPlace : palette.halo
  pen.fill()
  pen.lineWidth = 2.4
  pen.strokeStyle = palette.keyPlace
  pen.stroke()
}

export function drawMark(name: string, palette: Palette): HTMLCanvasElement | null {
  const [family, ...parts] = name.split(':')
  const size_px = ['hatch', 'dots', 'crosses'].includes(family!) ? hatchTile_px : side_px
  const { canvas, pen } = canvasOf(size_px)
  if (family === 'camera') drawCamera(pen, parts, palette)
  else if (family === 'incident') drawIncident(pen, parts[0] ?? 'blue', palette)
  else if (family === 'unit') drawUnit(pen, parts, palette)
  else if (family === 'task') drawTask(pen, parts[0] ?? 'blue', palette)
  else if (family === 'checkpoint') drawCheckpoint(pen, parts[0] ?? '', palette)
  else if (family === 'place') drawKeyPlace(pen, palette)
  else if (family === 'block') drawBlock(pen, palette)
  else if (family === 'site') drawSite(pen, parts[0] ?? '', palette)
  else if (family === 'hatch') drawHatch(pen, palette[parts[0] as 'accent' | 'deadLine' | 'grid' | 'blocked'])
  else if (family === 'dots') drawDots(pen, palette[parts[0] as 'accent' | 'yellow'])
  else if (family === 'crosses') drawCrosses(pen, palette[parts[0] as 'red'])
  else return null
  return canvas
}

export function markOf(name: string, palette: Palette): Mark | null {
  const canvas = drawMark(name, palette)
  const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height)
  return pixels ? { width: pixels.width, height: pixels.height, data: pixels.data } : null
}
