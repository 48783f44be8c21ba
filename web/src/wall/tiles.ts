// What stands on a wall: tiles, why they may be shown, and how they change. No tile is rebuilt whose camera stays.

import type { Purpose, Sight, SightCamera, WallCameraRow, WallSize } from '@/api/types'
import { mostTiles } from './arrangement'
import { rest_ms } from './refill'

export interface WallCamera {
  camera_id: number
  name: string
  sight: Sight | null
  alive: boolean | null
  has_ptz: boolean
  distance_m: number | null
}

/** Why the pictures are opened: one visit to an incident, a place looked at, a single camera, a layout, a tour. */
export interface Visit {
  key: string
  title: string
  incidentId: number | null
}

export interface Grant {
  visit: Visit
  purpose: Purpose
}

/** The camera whose tile another one took, and what was the matter with it. */
export interface Replaced {
  camera: WallCamera
  reason: string
}

export interface Tile {
  /** Names the tile for as long as its camera stays, wherever it is moved. */
  uid: number
  camera: WallCamera
  grant: Grant
  replaced: Replaced | null
  /** Its camera brings no picture and nobody is left to take its place. */
  hasNoSpare: boolean
  /** Given back by hand at this time of the page: who did so wants to see it come, and is not overruled at once. */
  restoredAt_ms: number | null
}

export type Tiles = (Tile | null)[]

/** Pictures offered to the wall; they wait there until a purpose is stated. */
export interface Offer {
  visit: Visit
  cameras: (WallCamera | null)[]
  /** By a ranking: best first, and a dead one yields its tile to the next. */
  isRanked: boolean
  size: WallSize | null
  dwell_s: number | null
}

/** All that an opened offer has to show, of which the wall shows a page. */
export interface Roll {
  grant: Grant
  cameras: (WallCamera | null)[]
  isRanked: boolean
  page: number
}

let nextUid = 1

export const tileOf = (camera: WallCamera, grant: Grant): Tile => ({ uid: nextUid++, camera, grant, replaced: null, hasNoSpare: false, restoredAt_ms: null })

export function wallCameraOf({ camera_id, name, sight, alive, has_ptz, distance_m }: SightCamera): WallCamera {
  return { camera_id, name, sight, alive, has_ptz, distance_m }
}

export function plainCamera({ camera_id, name, alive, has_ptz }: Pick<WallCameraRow, 'camera_id' | 'name' | 'alive' | 'has_ptz'>): WallCamera {
  return { camera_id, name, sight: null, alive, has_ptz, distance_m: null }
}

/** Always as long as the largest wall; what lies beyond the present size waits unseen. */
export const padded = (tiles: Tiles): Tiles => Array.from({ length: mostTiles }, (_, i) => tiles[i] ?? null)

/** These cameras in this order; a tile that showed one of them under the same purpose comes along as it is. */
export function filled(old: Tiles, cameras: (WallCamera | null)[], grant: Grant): Tiles {
  const standing = new Map(old.filter((tile) => tile !== null && isUnder(tile, grant)).map((tile) => [tile!.camera.camera_id, tile!]))
  return padded(cameras.map((camera) => (camera === null ? null : (standing.get(camera.camera_id) ?? tileOf(camera, grant)))))
}

/** The tiles of another window, each under its own purpose. */
export function mirrored(old: Tiles, given: ({ camera: WallCamera; grant: Grant } | null)[]): Tiles {
  const standing = (camera: WallCamera, grant: Grant) => old.find((tile) => tile && tile.camera.camera_id === camera.camera_id && isUnder(tile, grant))
  return padded(given.map((each) => (each ? (standing(each.camera, each.grant) ?? tileOf(each.camera, each.grant)) : null)))
}

/** Empty tiles of a wall that grew take those next in line. */
export function toppedUp(tiles: Tiles, size: WallSize, roll: Roll): Tiles {
  const shown = shownIds(tiles.slice(0, size))
  const waiting = roll.cameras.filter((camera) => camera !== null && !shown.has(camera.camera_id)).values()
  const next = padded(tiles)
  for (let slot = 0; slot < size; slot += 1) {
    if (next[slot]) continue
    const camera = waiting.next().value
    if (camera) next[slot] = tileOf(camera, roll.grant)
  }
  // A camera that waited beyond the old size must not stand twice.
  const seen = new Set<number>()
  return next.map((tile) => (tile === null || seen.has(tile.camera.camera_id) ? null : (seen.add(tile.camera.camera_id), tile)))
}

/** Another camera, or nobody, takes the tile of one that brings no picture. */
export function refilled(tiles: Tiles, lost: Tile, spare: WallCamera | null, reason: string): Tiles {
  const next: Tile = spare ? { ...tileOf(spare, lost.grant), replaced: { camera: lost.camera, reason } } : { ...lost, hasNoSpare: true }
  // Who waited unseen beyond the edge and now stands in view leaves that place.
  return tiles.map((tile) => (tile === lost ? next : spare && tile?.camera.camera_id === spare.camera_id ? null : tile))
}

export const restored = (tiles: Tiles, uid: number, now_ms: number): Tiles =>
  tiles.map((tile) => (tile?.uid === uid && tile.replaced ? { ...tileOf(tile.replaced.camera, tile.grant), restoredAt_ms: now_ms } : tile))

/** Whether a tile may still be left to the camera somebody gave it back to. */
export const isWaitedFor = (tile: Tile, now_ms: number) => tile.restoredAt_ms !== null && now_ms - tile.restoredAt_ms < rest_ms

export const shownIds = (tiles: Tiles) => new Set(tiles.flatMap((tile) => (tile ? [tile.camera.camera_id] : [])))

const isUnder = (tile: Tile, { visit, purpose }: Grant) => tile.grant.visit.key === visit.key && tile.grant.purpose.code === purpose.code
