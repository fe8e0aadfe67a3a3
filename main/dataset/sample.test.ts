import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawSampleDataset, drawSamplePicture } from './sample.ts';
import { createRandom } from './seeded.ts';

describe('drawSamplePicture', () => {
  it('gives the same pixels for the same seed and name, others for another', () => {
    const first = drawSamplePicture('cats', 1, 'train/cats/1');
    expect(drawSamplePicture('cats', 1, 'train/cats/1')).toEqual(first);
    expect(drawSamplePicture('cats', 2, 'train/cats/1')).not.toEqual(first);
    expect(drawSamplePicture('cats', 1, 'train/cats/2')).not.toEqual(first);
  });
});

describe('drawSampleDataset', () => {
  it('leaves nothing behind when called off', async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'graft-sample-'));
    const stop = new AbortController();
    const onProgress = ({ done }: { done: number }): void => void (done === 3 && stop.abort());
    await expect(drawSampleDataset(path.join(home, 'sample'), { signal: stop.signal, onProgress })).rejects.toThrow(
      /abort/i,
    );
    expect(fs.readdirSync(home)).toEqual([]);
    fs.rmSync(home, { recursive: true });
  });
});

describe('createRandom', () => {
  it('gives the same numbers for ever', () => {
    const random = createRandom(1, 'golden');
    expect([random.int(1000), random.int(1000), random.int(1000)]).toMatchInlineSnapshot(`
      [
        685,
        555,
        804,
      ]
    `);
  });
  it('gives other numbers for another label', () =>
    expect(createRandom(1, 'a').next()).not.toBe(createRandom(1, 'b').next()));
  it('is uniform and normal within sampling error', () => {
    const random = createRandom(7, 'moments');
    const values = Array.from({ length: 20_000 }, () => random.normal());
    const mean = values.reduce((a, b) => a + b) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length - 1)).toBeLessThan(0.05);
  });
});
