import { describe, expect, it } from 'vitest';
import type { BackboneFacts } from '../../contract/backbone.ts';
import { forest } from './forest.ts';
import { scatter } from './scatter.ts';
import { halfWidth, wilson } from './wilson.ts';

const backbone = (
  id: string,
  over: { accuracy?: number | null; parameters?: number; ms?: number | null; isMissing?: boolean },
): BackboneFacts => ({
  id,
  name: id,
  family: id,
  inputSize: [224, 224],
  minInputSize: 32,
  featureShape: [7, 7, 1280],
  preprocessing: '-1..1',
  numParameters: over.parameters ?? 1e6,
  numLayers: 10,
  sizeBytes: 4e6,
  imagenet: over.accuracy === null ? null : { top1Accuracy: over.accuracy ?? 0.75, source: 'test' },
  licence: 'Apache-2.0',
  paper: 'https://arxiv.org/abs/1801.04381',
  weights: {
    state: over.isMissing === true ? 'missing' : 'official',
    sha256: null,
    officialFile: null,
    officialUrl: null,
  },
  msPerImage: over.ms ?? null,
});

describe('scatter', () => {
  it('places the faster further left and the more accurate higher', () => {
    const { dots } = scatter(
      [backbone('a', { ms: 2, accuracy: 0.7 }), backbone('b', { ms: 20, accuracy: 0.78 })],
      300,
      150,
    );
    const [a, b] = ['a', 'b'].map((id) => dots.find((dot) => dot.id === id));
    expect(a?.x).toBeLessThan(b?.x ?? 0);
    expect(a?.y).toBeGreaterThan(b?.y ?? 0);
  });
  it('gives area, not width, to the parameters', () => {
    const { dots } = scatter(
      [backbone('a', { ms: 1, parameters: 4e6 }), backbone('b', { ms: 9, parameters: 1e6 })],
      300,
      150,
    );
    expect(dots[0]?.radius).toBeCloseTo(2 * (dots[1]?.radius ?? 0));
  });
  it('keeps what is not measured apart from the axis of speed, without overlap', () => {
    const unmeasured = ['b', 'c', 'd', 'e'].map((id) => backbone(id, {}));
    const plot = scatter([backbone('a', { ms: 5, parameters: 9e6 }), ...unmeasured], 300, 150);
    const apart = plot.dots.filter((dot) => !dot.isMeasured);
    expect(apart.every((dot) => dot.x - dot.radius >= plot.splitAt)).toBe(true);
    expect(new Set(apart.map((dot) => dot.x)).size).toBe(4);
  });
  it('draws hollow what has no weights, and leaves to the table what has no known accuracy', () => {
    const { dots } = scatter([backbone('a', { isMissing: true }), backbone('b', { accuracy: null })], 300, 150);
    expect(dots).toMatchObject([{ id: 'a', isHollow: true }]);
  });
});

describe('wilson', () => {
  it('gives the interval of the literature: 197 of 200 is 95.7 to 99.5 %', () => {
    const share = wilson(0.985, 200);
    expect(share).toMatchObject({ numCorrect: 197, numImages: 200 });
    expect(share.low).toBeCloseTo(0.9568, 3);
    expect(share.high).toBeCloseTo(0.9949, 3);
    expect(halfWidth(share)).toBeCloseTo(0.019, 3);
  });
  it('never leaves 0 to 1', () => {
    expect(wilson(1, 10).high).toBeCloseTo(1);
    expect(wilson(0, 10).low).toBeCloseTo(0);
  });
});

describe('forest', () => {
  it('places an accuracy between the ends of its interval, on an axis with round ends', () => {
    const share = wilson(0.985, 200);
    const axis = forest([share, wilson(0.97, 200)]);
    const place = axis.place(share);
    expect(place.low).toBeLessThan(place.at);
    expect(place.at).toBeLessThan(place.high);
    expect(axis.ticks.map((tick) => tick.value)).toEqual([0.92, 0.94, 0.96, 0.98, 1]);
  });
});
