/** What marks are drawn with, and the side of the square they are drawn in. */
export type Pen = CanvasRenderingContext2D
export const side_px = 48
