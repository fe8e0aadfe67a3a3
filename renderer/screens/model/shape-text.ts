/** [7, 7, 1280] → "7 × 7 × 1,280"; an open side is "?". */
export function shapeText(
  shape: readonly (number | null)[],
  integer: (value: number) => string,
  times = ' × ',
): string {
  return shape.map((side) => (side === null ? '?' : integer(side))).join(times);
}

/** Milliseconds with one decimal where it says something: 3.14 → "3.1", 18.4 → "18". */
export function msText(ms: number): string {
  return ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0);
}

/** Width of a bar, 0..1: by the square root, so that a block of a thousand weights is seen beside one of a million. */
export function barFraction(numParameters: number, most: number): number {
  return most <= 0 ? 0 : Math.sqrt(numParameters / most);
}
