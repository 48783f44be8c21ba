// The one clock of several replays: an instant of true time that moves with the page's own clock, at a speed, or stands.

export const speeds = [0.5, 1, 2, 4, 8] as const

export class StepClock {
  speed = 1
  /** What the operator wants; it may still stand while a picture is awaited. */
  isPlaying = false
  private isHeld = false
  private since_ms: number | null = null

  constructor(
    private at_ms: number,
    private readonly monotonic_ms: () => number = () => performance.now(),
  ) {}

  now_ms(): number {
    if (this.since_ms === null) return this.at_ms
    return this.at_ms + (this.monotonic_ms() - this.since_ms) * this.speed
  }

  play(): void {
    this.isPlaying = true
    this.settle()
  }

  pause(): void {
    this.isPlaying = false
    this.settle()
  }

  /** Stands, without being paused, until released: nobody is to be left behind. */
  hold(isHeld: boolean): void {
    if (isHeld === this.isHeld) return
    this.isHeld = isHeld
    this.settle()
  }

  move(at_ms: number): void {
    this.at_ms = at_ms
    if (this.since_ms !== null) this.since_ms = this.monotonic_ms()
  }

  pace(speed: number): void {
    this.move(this.now_ms())
    this.speed = speed
  }

  private settle(): void {
    const moves = this.isPlaying && !this.isHeld
    if (moves === (this.since_ms !== null)) return
    this.at_ms = this.now_ms()
    this.since_ms = moves ? this.monotonic_ms() : null
  }
}

export interface Follower {
  /** Where the video stands and what it has, in seconds of media time. */
  time_s: number
  ranges: [number, number][]
  target_s: number
  speed: number
  moves: boolean
}

export interface Steering {
  /** Null: no picture of that instant is there. */
  seekTo_s: number | null
  rate: number
  hasPicture: boolean
}

/** Beyond it the pictures of several cameras would visibly part: they are to stay within 200 ms of each other. */
const reach_s = 0.25
const near_s = 0.02

/** How a video gets to where the clock stands: by a little more or less speed, or a seek when it is far off. */
export function steer({ time_s, ranges, target_s, speed, moves }: Follower): Steering {
  const hasPicture = ranges.some(([start_s, end_s]) => start_s - near_s <= target_s && target_s < end_s)
  if (!hasPicture) return { seekTo_s: null, rate: speed, hasPicture }
  const behind_s = target_s - time_s
  const isFar = Math.abs(behind_s) > (moves ? reach_s * Math.max(0.6, Math.min(2, speed)) : near_s)
  if (isFar) return { seekTo_s: target_s, rate: speed, hasPicture }
  if (!moves) return { seekTo_s: null, rate: speed, hasPicture }
  const correction = Math.max(-0.2, Math.min(0.2, (1.5 * behind_s) / speed))
  return { seekTo_s: null, rate: speed * (1 + correction), hasPicture }
}
