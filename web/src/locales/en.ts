import type { Messages } from './zh'
import { office } from './en/office'
import { plan } from './en/plan'
import { watch } from './en/watch'

export const en: Messages = { ...office, ...plan, ...watch }
