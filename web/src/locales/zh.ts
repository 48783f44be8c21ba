import { alarms } from './zh/alarms'
import { calibration } from './zh/calibration'
import { dispatch } from './zh/dispatch'
import { evidence } from './zh/evidence'
import { office } from './zh/office'
import { plan } from './zh/plan'
import { recordings } from './zh/recordings'
import { wall } from './zh/wall'
import { watch } from './zh/watch'

/** Chinese is the source: the other languages have its keys. */
export const zh = { ...alarms, ...calibration, ...dispatch, ...evidence, ...office, ...plan, ...recordings, ...wall, ...watch }

export type Messages = typeof zh
