// Units as features of the map, and the least that must be told to it after a change: ten thousand move every second.

import type { Feature, Point } from 'geojson'
import type { GeoJSONSourceDiff } from 'maplibre-gl'
import type { Unit } from '@/api/units'
import { standingOf } from './standing'

export type UnitFeature = Feature<Point, { id: number; name: string; mark: string; standing: string; rank: number }>

const ranks = { heard: 2, silent: 1, off: 0 }

export function featureOf(unit: Unit, now: Date): UnitFeature | null {
  if (!unit.position) return null
  const standing = standingOf(unit, now)
  return {
    type: 'Feature',
    id: unit.id,
    properties: { id: unit.id, name: unit.name, mark: `unit:${unit.kind}:${standing}:${unit.load > 0 ? 'busy' : 'free'}`, standing, rank: ranks[standing] },
    geometry: { type: 'Point', coordinates: [unit.position.lon, unit.position.lat] },
  }
}

const isSame = (a: UnitFeature, b: UnitFeature) =>
  a.properties.mark === b.properties.mark && a.properties.name === b.properties.name &&
  a.geometry.coordinates[0] === b.geometry.coordinates[0] && a.geometry.coordinates[1] === b.geometry.coordinates[1]

export function drawnUnits(units: Iterable<Unit>, now: Date): Map<number, UnitFeature> {
  const drawn = new Map<number, UnitFeature>()
  for (const unit of units) {
    const feature = featureOf(unit, now)
    if (feature) drawn.set(unit.id, feature)
  }
  return drawn
}

/** What to add (a feature with a known id replaces the former) and what to remove; null when nothing changed. */
export function diffOf(before: Map<number, UnitFeature>, now: Map<number, UnitFeature>): GeoJSONSourceDiff | null {
  const add: UnitFeature[] = []
  const remove: number[] = []
  for (const [id, feature] of now) {
    const former = before.get(id)
    if (!former || !isSame(former, feature)) add.push(feature)
  }
  for (const id of before.keys()) if (!now.has(id)) remove.push(id)
  return add.length + remove.length > 0 ? { add, remove } : null
}
