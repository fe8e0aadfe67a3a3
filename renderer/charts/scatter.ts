import type { BackboneFacts } from '../../contract/backbone.ts';
import { niceStep, ticks } from './scale.ts';

/** A backbone in the plot; all in pixels of the plot, from its top left. */
export interface Dot {
  id: string;
  x: number;
  y: number;
  radius: number;
  isMeasured: boolean;
  /** Its weights are not here. */
  isHollow: boolean;
}
export interface Tick {
  at: number;
  value: number;
}
export interface Scatter {
  dots: Dot[];
  /** Milliseconds a picture. */
  xTicks: Tick[];
  /** Fractions 0..1. */
  yTicks: Tick[];
  /** Right of this stand those whose speed nobody has measured. */
  splitAt: number;
}

const largestRadius = 15;
const smallestRadius = 4;
const edge = 10;

/**
 * Places backbones by ImageNet accuracy over milliseconds a picture, area = parameters. One without a measured
 * speed gets a place in a zone of its own, where only its height means something. One without a known accuracy
 * has no place and is left to the table.
 */
export function scatter(list: readonly BackboneFacts[], width: number, height: number): Scatter {
  const placed = list.flatMap((facts) =>
    facts.imagenet === null ? [] : [{ facts, accuracy: facts.imagenet.top1Accuracy }],
  );
  const isAllMeasured = placed.every(({ facts }) => facts.msPerImage !== null);
  const isNoneMeasured = placed.every(({ facts }) => facts.msPerImage === null);
  const splitAt = isAllMeasured ? width : width * (isNoneMeasured ? 0.34 : 0.56);

  const accuracies = placed.map(({ accuracy }) => accuracy);
  const [low, high] = accuracies.length === 0 ? [0.6, 0.8] : [Math.min(...accuracies), Math.max(...accuracies)];
  const step = niceStep(Math.max(high - low, 0.02), 3);
  const [bottom, top] = [Math.floor((low - step * 0.2) / step) * step, Math.ceil((high + step * 0.2) / step) * step];
  const toY = (accuracy: number): number => edge + (1 - (accuracy - bottom) / (top - bottom)) * (height - 2 * edge);

  const slowest = Math.max(0, ...placed.map(({ facts }) => facts.msPerImage ?? 0));
  const right = niceStep(slowest * 1.15, 3) * 3 || 30;
  const toX = (ms: number): number => (ms / right) * (splitAt - edge);

  const largest = Math.max(1, ...placed.map(({ facts }) => facts.numParameters));
  const dots: Dot[] = [];
  for (const { facts, accuracy } of [...placed].sort((a, b) => b.facts.numParameters - a.facts.numParameters)) {
    const radius = Math.max(smallestRadius, Math.sqrt(facts.numParameters / largest) * largestRadius);
    const y = toY(accuracy);
    const isMeasured = facts.msPerImage !== null;
    const x = facts.msPerImage === null ? freePlace(dots, y, radius, splitAt, width) : toX(facts.msPerImage);
    dots.push({ id: facts.id, x, y, radius, isMeasured, isHollow: facts.weights.state === 'missing' });
  }
  return {
    dots,
    xTicks: isNoneMeasured ? [] : ticks(0, right, 3).map((value) => ({ value, at: toX(value) })),
    yTicks: ticks(bottom, top, 4).map((value) => ({ value, at: toY(value) })),
    splitAt,
  };
}

/** The place nearest to the middle of the zone that touches no other dot; in a crowd, the one with most air. */
function freePlace(dots: readonly Dot[], y: number, radius: number, left: number, right: number): number {
  const middle = (left + right) / 2;
  const room = (right - left) / 2 - radius - 4;
  let airiest = { x: middle, air: -Infinity };
  for (let away = 0; away <= room; away += 3) {
    for (const x of [middle - away, middle + away]) {
      const air = Math.min(...dots.map((dot) => Math.hypot(dot.x - x, dot.y - y) - dot.radius - radius));
      if (air > 2) return x;
      if (air > airiest.air) airiest = { x, air };
    }
  }
  return airiest.x;
}
