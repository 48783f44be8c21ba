import type { Messages } from './zh'
import { calibration } from './en/calibration'
import { dispatch } from './en/dispatch'
import { office } from './en/office'
import { plan } from './en/plan'
import { wall } from './en/wall'
import { watch } from './en/watch'

export const en: Messages = { ...calibration, ...dispatch, ...office, ...plan, ...wall, ...watch }
