const steps = [1, 2, 2.5, 5, 10];

/** The round step that parts a range into at most `numParts` parts. */
export function niceStep(range: number, numParts: number): number {
  const raw = range / Math.max(1, numParts);
  if (!(raw > 0) || !Number.isFinite(raw)) return 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = steps.find((candidate) => candidate * power >= raw * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** Round numbers from `min` to `max`, both ends included where they are round. */
export function ticks(min: number, max: number, numParts: number): number[] {
  const step = niceStep(max - min, numParts);
  const from = Math.ceil(min / step - 1e-9);
  const to = Math.floor(max / step + 1e-9);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => Number(((from + i) * step).toPrecision(12)));
}

/**
 * The lower end of an axis of accuracy whose upper end is 1. It only ever moves down as epochs come, and
 * seldom, so that a chart keeps its axes while it fills.
 */
export function accuracyFloor(values: readonly number[]): number {
  const least = Math.min(1, ...values.filter((value) => Number.isFinite(value)));
  const floors = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.2];
  return floors.find((floor) => least >= floor + (1 - floor) * 0.04) ?? 0;
}

/** The upper end of an axis of loss that starts at 0. It only ever moves up. */
export function lossCeiling(values: readonly number[]): number {
  const most = Math.max(0, ...values.filter((value) => Number.isFinite(value)));
  if (most === 0) return 1;
  const step = niceStep(most * 1.02, 4);
  return Number((Math.ceil((most * 1.02) / step) * step).toPrecision(12));
}
