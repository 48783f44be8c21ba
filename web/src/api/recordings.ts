import { call } from './client'
import type { components } from './schema'

export type Recordings = components['schemas']['RecordingsPage']

/** What a camera's device has recorded of a range; asked of the device now, so it may take seconds. */
export const fetchRecordings = (cameraId: number, from: Date, to: Date, signal?: AbortSignal) =>
  call<Recordings>(`/cameras/${cameraId}/recordings`, { query: { from: from.toISOString(), to: to.toISOString() }, signal })
