import type { Messages } from './zh'
import { alarms } from './en/alarms'
import { calibration } from './en/calibration'
import { dispatch } from './en/dispatch'
import { evidence } from './en/evidence'
import { office } from './en/office'
import { plan } from './en/plan'
import { recordings } from './en/recordings'
import { wall } from './en/wall'
import { watch } from './en/watch'

export const en: Messages = { ...alarms, ...calibration, ...dispatch, ...evidence, ...office, ...plan, ...recordings, ...wall, ...watch }
