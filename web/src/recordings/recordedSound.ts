// The sound of one replay: silent until asked for, then beside the picture and only while that moves.

import { SoundTrack } from '@/wall/sound'
import type { MediaMessage, SoundNotice } from '@/wall/wire'

export interface Audible {
  /** What sound the recording has; null where it has none. */
  sound: SoundNotice['state'] | null
  isHeard: boolean
}

export class RecordedSound {
  private track: SoundTrack | null = null
  private mime = ''

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly picture: Audible,
    private readonly say: (message: object) => void,
  ) {}

  /** What the server says there is. */
  note(state: SoundNotice['state'], mime: string): void {
    this.picture.sound = state
    this.mime = mime
  }

  /** Lets it be heard, or no longer; it is not sent before. */
  hear(on: boolean): void {
    this.picture.isHeard = on
    this.end()
    this.track = on ? new SoundTrack(this.video) : null
    this.say({ type: 'sound', on })
  }

  toggle(): void {
    const { sound, isHeard } = this.picture
    if (sound && sound !== 'left_out') this.hear(!isHeard)
  }

  /** Returns whether the message was sound. */
  take({ kind, payload }: MediaMessage): boolean {
    if (kind === 'soundInit') this.track?.begin(this.mime, payload)
    else if (kind === 'sound') this.track?.take(payload)
    else return false
    return true
  }

  follow(): void {
    this.track?.follow()
  }

  end(): void {
    this.track?.end()
  }
}
