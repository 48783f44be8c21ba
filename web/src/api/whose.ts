/** By the grids in force now, or by those in force at the time told of. */
export const byGrids = ['today', 'then'] as const
export type ByGrids = (typeof byGrids)[number]
