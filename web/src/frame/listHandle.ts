/** What a view asks of the list it shows: the next row, and to open the one the cursor is on. */
export interface ListHandle {
  step: (by: 1 | -1) => void
  enter: () => boolean
}
