import type { Feature, LineString, Polygon } from 'geojson'
import { describe, expect, it } from 'vitest'
import type { HeadView } from '@/api/types'
import { headSectors } from './headSectors'

const view = (camera_id: number, kind: 'now' | 'preset', reach_m = 100): HeadView => ({
  camera_id, camera_name: '球机', lon: 110, lat: 34.5, kind, name: '东门', azimuth_deg: 90, fov_deg: 20, reach_m, moved_at: null,
})

describe('sectors of heads', () => {
  it('show where all look now, and the presets of the camera chosen', () => {
    const views = [view(1, 'now'), view(1, 'preset'), view(2, 'now'), view(2, 'preset')]
    expect(headSectors(views, null).features).toHaveLength(2)
    const chosen = headSectors(views, 2).features
    expect(chosen.map(({ properties }) => [properties?.camera_id, properties?.kind, properties?.part])).toEqual([
      [1, 'now', 'sector'], [2, 'now', 'sector'], [2, 'preset', 'sector'], [2, 'preset', 'label'],
    ])
  })
  it('show the tours of the camera chosen as closed lines with their names', () => {
    const tour = { camera_id: 2, name: '早巡', is_running: true, azimuths_deg: [0, 90, 180] }
    expect(headSectors([view(1, 'now')], 1, [tour]).features).toHaveLength(1)
    const [line, label] = headSectors([view(2, 'preset')], 2, [tour]).features.slice(2)
    expect(line?.geometry).toMatchObject({ type: 'LineString' })
    expect((line?.geometry as LineString).coordinates).toHaveLength(4)
    expect(label?.properties).toMatchObject({ part: 'tour-label', name: '早巡', isRunning: true })
  })
  it('are drawn no longer than 400 m', () => {
    const { geometry } = headSectors([view(1, 'now', 5000)], null).features[0] as Feature<Polygon>
    const east = Math.max(...geometry.coordinates[0]!.map(([lon]) => lon!))
    // 400 m at 34.5 degrees north: 400 / (111320 cos 34.5) degrees.
    expect(east - 110).toBeCloseTo(0.00436, 5)
  })
})
