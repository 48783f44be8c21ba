import { call } from './client'
import type { Purpose, StreamOrder, StreamTicket } from './types'

export const fetchPurposes = () => call<{ purposes: Purpose[] }>('/purposes').then((answer) => answer.purposes)

export const openStream = (order: StreamOrder) => call<StreamTicket>('/streams', { method: 'POST', body: order })

/** Asks the server to pull these streams already, so that opening one is a matter of a tenth of a second. */
export const warmStreams = (cameraIds: number[]) =>
  call<undefined>('/streams/warm', { method: 'POST', body: { camera_ids: cameraIds.slice(0, 9) } })

/** Codec families this browser plays; a Debian Chromium without hardware decoding has no hvc1. */
export function playableCodecs(): StreamOrder['codecs'] {
  const probes = [['avc1', 'avc1.640028'], ['hvc1', 'hvc1.1.6.L120.90']] as const
  const plays = (codec: string) => typeof MediaSource !== 'undefined' && MediaSource.isTypeSupported(`video/mp4; codecs="${codec}"`)
  return probes.filter(([, codec]) => plays(codec)).map(([family]) => family)
}
