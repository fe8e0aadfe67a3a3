import { describe, expect, it } from 'vitest';
import { accuracyFloor, lossCeiling, niceStep, ticks } from './scale.ts';

describe('niceStep', () => {
  it('parts a range into round steps', () => {
    expect(niceStep(0.3, 5)).toBeCloseTo(0.1);
    expect(niceStep(18, 3)).toBe(10);
    expect(niceStep(0, 3)).toBe(1);
  });
});

describe('ticks', () => {
  it('gives round numbers with both ends', () => {
    expect(ticks(0.7, 1, 5)).toEqual([0.7, 0.8, 0.9, 1]);
  });
});

describe('accuracyFloor', () => {
  it('leaves room under the lowest point', () => {
    expect(accuracyFloor([0.82, 0.98])).toBe(0.8);
    expect(accuracyFloor([0.8001, 0.98])).toBe(0.7);
    expect(accuracyFloor([0.1])).toBe(0);
  });
  it('only moves down as epochs come', () => {
    const values = [0.96, 0.9, 0.97, 0.5, 0.99];
    const floors = values.map((_, i) => accuracyFloor(values.slice(0, i + 1)));
    expect(floors).toEqual([...floors].sort((a, b) => b - a));
  });
});

describe('lossCeiling', () => {
  it('is round and above the highest point', () => {
    expect(lossCeiling([0.672, 0.1])).toBe(0.8);
    expect(lossCeiling([12])).toBe(15);
  });
  it('passes over losses that are no number', () => {
    expect(lossCeiling([0.4, NaN, Infinity])).toBe(0.6);
  });
});
