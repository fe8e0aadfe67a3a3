import { describe, expect, it } from 'vitest';
import { formatsFor } from './format.ts';

const en = formatsFor('en');
const ko = formatsFor('ko');

describe('formatsFor', () => {
  it('writes shares as percent with one decimal, and a whole as 100', () => {
    expect(en.percent(0.985)).toBe('98.5 %');
    expect(en.percent(1)).toBe('100 %');
    expect(en.percent(0)).toBe('0.0 %');
    expect(en.percent(0.374, 0)).toBe('37 %');
  });

  it('writes intervals and differences in points', () => {
    expect(en.plusMinus(0.012)).toBe('± 1.2');
    expect(en.points(0.006)).toBe('+0.6 points');
    expect(en.points(-0.024)).toBe('−2.4 points');
    expect(ko.points(0.006)).toBe('+0.6%p');
  });

  it('writes small counts whole and large ones with a step', () => {
    expect(en.count(2562)).toBe('2,562');
    expect(en.count(125_442)).toBe('125 k');
    expect(en.count(2_300_000)).toBe('2.3 M');
    expect(en.count(999_999)).toBe('1 M');
  });

  it('writes sizes in steps of a thousand', () => {
    expect(en.bytes(41)).toBe('41 B');
    expect(en.bytes(148_223)).toBe('148 kB');
    expect(en.bytes(13_600_000)).toBe('13.6 MB');
  });

  it('writes durations with at most two units and no zero ones', () => {
    expect(en.duration(640)).toBe('0.6 s');
    expect(en.duration(9_960)).toBe('10 s');
    expect(en.duration(250_000)).toBe('4 min 10 s');
    expect(en.duration(240_000)).toBe('4 min');
    expect(en.duration(3_660_000)).toBe('1 h 1 min');
    expect(ko.duration(250_000)).toBe('4분 10초');
  });

  it('never writes a small difference in powers of ten', () => {
    expect(en.small(0.0000031)).toBe('0.000003');
    expect(en.small(0)).toBe('0');
  });

  it('chooses the word for a number', () => {
    const forms = { one: 'picture', other: 'pictures' };
    expect(en.plural(1, forms)).toBe('picture');
    expect(en.plural(0, forms)).toBe('pictures');
  });
});
