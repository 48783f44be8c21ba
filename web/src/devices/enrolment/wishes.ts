// What somebody types into one field and means as a list.

const separators = /[\s,，;；、]+/

/** Address ranges; a dash between two addresses may stand apart. */
export const rangesOf = (text: string): string[] =>
  text
    .replace(/\s*[-–~～]\s*/g, '-')
    .split(separators)
    .filter(Boolean)

export const numbersOf = (text: string): number[] =>
  text
    .split(separators)
    .map(Number)
    .filter((number) => Number.isInteger(number) && number > 0)
