import { calibration } from './zh/calibration'
import { dispatch } from './zh/dispatch'
import { office } from './zh/office'
import { plan } from './zh/plan'
import { wall } from './zh/wall'
import { watch } from './zh/watch'

/** Chinese is the source: the other languages have its keys. */
export const zh = { ...calibration, ...dispatch, ...office, ...plan, ...wall, ...watch }

export type Messages = typeof zh
