// Who takes the tile of a camera that brings no picture: the next of the ranking that is neither shown nor found dead itself.

export interface Ranked {
  camera_id: number
  alive: boolean | null
}

/** So long a camera that failed is not tried again by itself: a wall must not turn in circles among the dead. */
export const rest_ms = 60_000

export function nextInLine<T extends Ranked>(ranking: readonly T[], shown: ReadonlySet<number>, failed: ReadonlyMap<number, number>, now_ms: number): T | null {
  const isResting = (id: number) => now_ms - (failed.get(id) ?? -Infinity) < rest_ms
  return ranking.find(({ camera_id, alive }) => alive !== false && !shown.has(camera_id) && !isResting(camera_id)) ?? null
}

/** Errors that tell of the camera; the others tell of us: rights, purpose, a busy server, a lost network. */
export function isOfCamera(code: string | null): boolean {
  return code !== null && ['camera_unreachable', 'credentials_rejected', 'codec_unplayable', 'not_enrolled'].includes(code.replace(/^streams?\./, ''))
}
