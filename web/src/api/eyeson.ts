// The eyes-on clock: since when a grid or key place was neither in view of a live camera nor reached by a unit.

import { call } from './client'
import type { Page } from './planning'
import type { ClockColour } from '@/patrol/tones'

export interface EyesOn {
  subject_kind: 'grid' | 'place'
  subject_id: number
  name: string
  camera_at: string | null
  camera_id: number | null
  unit_at: string | null
  unit_id: number | null
  deadline_s: number | null
  colour: ClockColour
}

export interface EyesOnHour {
  hour: string
  camera_share: number | null
  unknown_share: number | null
  visits: number
  dwell_s: number
}

export const fetchEyesOn = () => call<Page<EyesOn>>('/eyeson')
export const fetchEyesOnHours = (subject: 'grid' | 'place', id: number, day: string) => call<Page<EyesOnHour>>('/eyeson/hours', { query: { subject, id, day } })
