import type { Messages } from './zh'
import { office } from './en/office'
import { watch } from './en/watch'

export const en: Messages = { ...office, ...watch }
