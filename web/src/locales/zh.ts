import { alarms } from './zh/alarms'
import { calibration } from './zh/calibration'
import { dispatch } from './zh/dispatch'
import { enrolment } from './zh/enrolment'
import { evidence } from './zh/evidence'
import { exports_ } from './zh/exports'
import { grids } from './zh/grids'
import { heads } from './zh/heads'
import { health } from './zh/health'
import { office } from './zh/office'
import { plan } from './zh/plan'
import { ptz } from './zh/ptz'
import { recordings } from './zh/recordings'
import { tiling } from './zh/tiling'
import { wall } from './zh/wall'
import { watch } from './zh/watch'

/** Chinese is the source: the other languages have its keys. */
export const zh = { ...alarms, ...calibration, ...dispatch, ...enrolment, ...evidence, ...exports_, ...grids, ...heads, ...health, ...office, ...plan, ...ptz, ...recordings, ...tiling, ...wall, ...watch }

export type Messages = typeof zh
