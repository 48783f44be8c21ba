import type { Polygon } from 'geojson'
import { expect, it } from 'vitest'
import { heatBorders, heatSquares } from './heatCells'

it('draws a cell as a square of its size around its middle', () => {
  const squares = heatSquares({ cell_m: 111.195, most: 3, is_cut: false, lon: [10], lat: [60], hours: [3], start: '', end: '' })
  const { geometry, properties } = squares.features[0]!
  // A thousandth of a degree north, and at 60 degrees north twice as many degrees east.
  expect(properties).toEqual({ hours: 3 })
  const [[west, south], , [east, north]] = (geometry as Polygon).coordinates[0] as [[number, number], unknown, [number, number]]
  expect(north - south).toBeCloseTo(0.001, 9)
  expect(east - west).toBeCloseTo(0.002, 9)
})

it('keeps classes rising even where few hours are told apart', () => {
  expect(heatBorders(160)).toEqual([10, 20, 40, 80])
  expect(heatBorders(2)).toEqual([2, 3, 4, 5])
})
