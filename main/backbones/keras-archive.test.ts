import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { archivedWeights } from './keras-archive.ts';

async function archive(files: Record<string, Buffer>, compress: boolean): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(content, name, { compress });
  zip.end();
  return buffer(zip.outputStream);
}
const weights = Buffer.from('the weights '.repeat(20));
const files = { 'metadata.json': Buffer.from('{}'), 'config.json': Buffer.from('{}'), 'model.weights.h5': weights };

describe('archivedWeights', () => {
  it('finds the weights of a .keras archive, stored or deflated', async () => {
    for (const compress of [false, true])
      expect(Buffer.from(archivedWeights(await archive(files, compress))!)).toEqual(weights);
  });

  it('knows what is no archive', () => {
    expect(archivedWeights(Buffer.from('text'))).toBeNull();
    expect(archivedWeights(Buffer.alloc(100))).toBeNull();
  });

  it('says what is wrong with an archive', async () => {
    const { 'model.weights.h5': _, ...others } = files;
    expect(() => archivedWeights(Buffer.alloc(0))).not.toThrow();
    await expect(archive(others, false).then(archivedWeights)).rejects.toThrow('holds no model.weights.h5');
    const whole = await archive(files, true);
    expect(() => archivedWeights(whole.subarray(0, -10))).toThrow('cut off');
    const bomb = await archive({ 'model.weights.h5': Buffer.alloc(10_000_000) }, true);
    expect(() => archivedWeights(bomb)).toThrow('far larger');
  });

  it('answers any damaged archive with bytes or an error, and never for long', async () => {
    const whole = await archive(files, true);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0xff;
      try {
        expect(archivedWeights(damaged)?.length ?? 0).toBeLessThan(100_000);
      } catch (error) {
        expect((error as Error).message).not.toBe('');
      }
    }
  });
});
