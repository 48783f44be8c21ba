// What the first window tells the second: what it works on, under which purpose. Both are windows of one browser and one
// sign-in, so nothing secret travels; the second window asks for its own tickets.

import type { WallSize } from '@/api/types'
import type { Grant, Tiles, WallCamera } from './tiles'

export interface Story {
  title: string
  /** The purpose is not stated yet. */
  isPending: boolean
  /** A ranking the second window fills its own wall with; else it shows the tiles as they stand. */
  ranked: { grant: Grant; cameras: (WallCamera | null)[] } | null
  size: WallSize
  tiles: ({ camera: WallCamera; grant: Grant } | null)[]
}

export type Message =
  | { type: 'state'; from: string; activeAt: number; story: Story | null }
  | { type: 'bye'; from: string }
  | { type: 'ask'; to: string | null }

export interface Followed {
  leader: string | null
  activeAt: number
  story: Story | null
  heardAt_ms: number
  isGone: boolean
}

export type Standing = 'waiting' | 'following' | 'silent' | 'gone'

/** Answers come within milliseconds while the first window lives; a busy machine may take a moment. */
export const silence_ms = 6000
export const ask_ms = 2000

export const nobody = (): Followed => ({ leader: null, activeAt: 0, story: null, heardAt_ms: 0, isGone: false })

export function heard(now: Followed, message: Message, now_ms: number): Followed {
  if (message.type === 'bye') return message.from === now.leader ? { ...now, isGone: true } : now
  if (message.type !== 'state') return now
  const isOurs = message.from === now.leader
  // Of several windows the one used last leads; whoever was followed is left only for one that has something to show.
  const isFree = now.leader === null || now.isGone
  if (!isOurs && !isFree && !(message.activeAt > now.activeAt && message.story)) return now
  // A first window that was loaded anew has nothing on its wall yet: that clears nothing here.
  const story = message.story ?? (isOurs ? null : now.story)
  return { leader: message.from, activeAt: message.activeAt, story, heardAt_ms: now_ms, isGone: false }
}

export function standing(now: Followed, now_ms: number): Standing {
  if (now.leader === null) return 'waiting'
  if (now.isGone) return 'gone'
  if (now_ms - now.heardAt_ms > silence_ms) return 'silent'
  return now.story ? 'following' : 'waiting'
}

export const told = (tiles: Tiles) => tiles.map((tile) => (tile ? { camera: tile.camera, grant: tile.grant } : null))
