import type { Operation } from '@/api/grids'

/** The grids an operation is about. */
export function namesIn(operation: Operation): number[] {
  switch (operation.op) {
    case 'split':
    case 'recode':
      return [operation.grid_id]
    case 'retire':
      return operation.into === undefined ? [operation.grid_id] : [operation.grid_id, operation.into]
    case 'merge':
    case 'move_boundary':
      return [...operation.grid_ids]
    case 'redraw':
      return operation.pieces.map(({ grid_id }) => grid_id)
    case 'new':
      return []
  }
}
