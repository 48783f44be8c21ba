import { describe, expect, it } from 'vitest'
import { rest_ms } from './refill'
import { filled, isWaitedFor, padded, refilled, restored, toppedUp, type Grant, type Roll, type WallCamera } from './tiles'

const camera = (camera_id: number): WallCamera => ({ camera_id, name: `${camera_id}`, sight: null, alive: null, has_ptz: false, distance_m: null })
const grant = (key: string): Grant => ({
  visit: { key, title: key, incidentId: null },
  purpose: { code: 'patrol', name_zh: '巡查', name_en: 'Patrol', needs_incident: false },
})
const ids = (tiles: ReturnType<typeof padded>, size: number) => tiles.slice(0, size).map((tile) => tile?.camera.camera_id ?? null)

describe('tiles of the wall', () => {
  it('leave a camera that stays where its decoder is', () => {
    const before = filled([], [camera(1), camera(2)], grant('a'))
    const after = filled(before, [camera(2), camera(3)], grant('a'))
    expect(after[0]!.uid).toBe(before[1]!.uid)
    expect(ids(after, 3)).toEqual([2, 3, null])
  })

  it('open a camera anew under another purpose', () => {
    const before = filled([], [camera(1)], grant('a'))
    expect(filled(before, [camera(1)], grant('b'))[0]!.uid).not.toBe(before[0]!.uid)
  })

  it('keep the empty tiles of a layout', () => {
    expect(ids(filled([], [camera(1), null, camera(3), null], grant('a')), 4)).toEqual([1, null, 3, null])
  })

  it('take those next in line when the wall grows, none of them twice', () => {
    const roll: Roll = { grant: grant('a'), cameras: [1, 2, 3, 4, 5].map(camera), isRanked: true, page: 0 }
    const four = filled([], roll.cameras.slice(0, 4), roll.grant)
    const moved = [four[3]!, ...four.slice(1, 3), null]
    expect(ids(toppedUp(moved, 6, roll), 6)).toEqual([4, 2, 3, 1, 5, null])
  })

  it('show one that waited beyond the old size where it waited', () => {
    const roll: Roll = { grant: grant('a'), cameras: [1, 2].map(camera), isRanked: true, page: 0 }
    const tiles = filled([], [camera(1), null, camera(2)], roll.grant)
    expect(ids(toppedUp(tiles, 4, roll), 4)).toEqual([1, null, 2, null])
  })

  it('name whose place another camera took, and do not show that one twice', () => {
    const tiles = filled([], [camera(1), camera(2), null, camera(3)], grant('a'))
    const after = refilled(tiles, tiles[0]!, camera(3), '无画面')
    expect(ids(after, 4)).toEqual([3, 2, null, null])
    expect(after[0]!.replaced).toEqual({ camera: camera(1), reason: '无画面' })
    expect(after[1]).toBe(tiles[1])
    expect(refilled(tiles, tiles[0]!, null, 'x')[0]).toMatchObject({ uid: tiles[0]!.uid, hasNoSpare: true })
  })

  it('leave a tile for a while to the camera somebody gave it back to', () => {
    const tiles = filled([], [camera(1), camera(3)], grant('a'))
    const lost = refilled(tiles, tiles[0]!, camera(2), '无画面')
    const back = restored(lost, lost[0]!.uid, 500)
    expect(ids(back, 2)).toEqual([1, 3])
    expect([isWaitedFor(back[0]!, 600), isWaitedFor(back[0]!, 500 + rest_ms), isWaitedFor(back[1]!, 600)]).toEqual([true, false, false])
  })
})
