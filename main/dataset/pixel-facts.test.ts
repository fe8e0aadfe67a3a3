import { describe, expect, it } from 'vitest';
import { pixelFacts } from './pixel-facts.ts';

const side = 32;
const of = (value: (x: number, y: number) => number) =>
  Uint8Array.from({ length: side * side * 3 }, (_, i) => value(Math.floor(i / 3) % side, Math.floor(i / 3 / side)));

describe('pixelFacts', () => {
  it('calls white bright, black dark, and neither sharp', () => {
    expect(
      pixelFacts(
        of(() => 255),
        side,
      ),
    ).toEqual({ sharpness: 0, brightness: 1 });
    expect(
      pixelFacts(
        of(() => 0),
        side,
      ),
    ).toEqual({ sharpness: 0, brightness: 0 });
  });

  it('finds hard edges sharper than soft ones', () => {
    const hard = pixelFacts(
      of((x) => (x % 8 < 4 ? 255 : 0)),
      side,
    );
    const soft = pixelFacts(
      of((x) => 127 + 127 * Math.sin((x * Math.PI) / 4)),
      side,
    );
    expect(hard.sharpness).toBeGreaterThan(1.5 * soft.sharpness);
    expect(hard.brightness).toBeCloseTo(0.5, 1);
  });
});
