import { call } from './client'
import type { Purpose, StreamTicket } from './types'

export interface StreamWish {
  camera_id: number
  purpose: string
  incident_id?: number
  profile: 'sub' | 'main'
  codecs: string[]
}

export const fetchPurposes = () => call<{ purposes: Purpose[] }>('/purposes').then((answer) => answer.purposes)

export const openStream = (wish: StreamWish) => call<StreamTicket>('/streams', { method: 'POST', body: wish })

/** Asks the server to pull these streams already, so that opening one is a matter of a tenth of a second. */
export const warmStreams = (cameraIds: number[]) =>
  call<undefined>('/streams/warm', { method: 'POST', body: { camera_ids: cameraIds.slice(0, 9) } })

/** Codec families this browser plays; a Debian Chromium without hardware decoding has no hvc1. */
export function playableCodecs(): string[] {
  const probes = { avc1: 'avc1.640028', hvc1: 'hvc1.1.6.L120.90' }
  return Object.entries(probes)
    .filter(([, codec]) => typeof MediaSource !== 'undefined' && MediaSource.isTypeSupported(`video/mp4; codecs="${codec}"`))
    .map(([family]) => family)
}
