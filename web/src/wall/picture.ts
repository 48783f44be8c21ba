// What a tile knows of its picture, beside what changes with every frame.

import type { SoundNotice } from './wire'

export type PictureState = 'asking' | 'connecting' | 'live' | 'stalled' | 'dead' | 'failed'

export interface Picture {
  state: PictureState
  /** Why the server has no picture, in its own code. */
  reason: string | null
  streamId: number | null
  generation: number | null
  codec: string | null
  rung: string | null
  width: number | null
  height: number | null
  posterUrl: string | null
  /** Frames by which B-frames delay the picture. */
  reorder: number
  /** The place in the line for a conversion, while stills come. */
  queue: { place: number; of: number } | null
  /** What sound the camera sends; null where it sends none. */
  sound: SoundNotice['state'] | null
  isHeard: boolean
  errorCode: string | null
  errorMessage: string | null
}

export function emptyPicture(): Picture {
  return {
    state: 'asking',
    reason: null,
    streamId: null,
    generation: null,
    codec: null,
    rung: null,
    width: null,
    height: null,
    posterUrl: null,
    reorder: 0,
    queue: null,
    sound: null,
    isHeard: false,
    errorCode: null,
    errorMessage: null,
  }
}
