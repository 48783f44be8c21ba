import type { Tool } from '@/stores/gridTools'

/** The key of each tool; `J`, `K` and Enter pick from the list. */
export const toolKeys: Record<Tool, string> = { split: 's', road: 'd', boundary: 'b', merge: 'm', recode: 'r', new: 'n', retire: 'x' }
