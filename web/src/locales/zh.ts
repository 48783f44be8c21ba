import { office } from './zh/office'
import { watch } from './zh/watch'

/** Chinese is the source: the other languages have its keys. */
export const zh = { ...office, ...watch }

export type Messages = typeof zh
