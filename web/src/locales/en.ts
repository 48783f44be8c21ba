import type { Messages } from './zh'
import { calibration } from './en/calibration'
import { office } from './en/office'
import { plan } from './en/plan'
import { watch } from './en/watch'

export const en: Messages = { ...calibration, ...office, ...plan, ...watch }
