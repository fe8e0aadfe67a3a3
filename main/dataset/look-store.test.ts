import { truncateSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary.ts';
import { LookWriter, readLooks } from './look-store.ts';
import { LOOK_BYTES } from './looks.ts';

const sha = (digit: string): string => digit.repeat(64);
const look = (value: number): Uint8Array => new Uint8Array(LOOK_BYTES).fill(value);

describe('LookWriter', () => {
  it('adds to what is there, and readLooks finds what is wanted', async () => {
    const file = path.join(await temporaryFolder(), 'looks.bin');
    for (const digits of ['ab', 'c']) {
      const writer = await LookWriter.open(file);
      await Promise.all([...digits].map((digit) => writer.add(sha(digit), look(parseInt(digit, 16)))));
      await writer.close();
    }
    const found = await readLooks(file, new Set([sha('a'), sha('c'), sha('d')]));
    expect([...found].map(([sha256, { length, 0: first }]) => [sha256[0], length, first])).toEqual([
      ['a', LOOK_BYTES, 10],
      ['c', LOOK_BYTES, 12],
    ]);
  });

  it('writes over a look that was cut off', async () => {
    const file = path.join(await temporaryFolder(), 'looks.bin');
    const writer = await LookWriter.open(file);
    await writer.add(sha('a'), look(1));
    await writer.add(sha('b'), look(2));
    await writer.close();
    truncateSync(file, statSync(file).size - 10);
    const again = await LookWriter.open(file);
    await again.add(sha('c'), look(3));
    await again.close();
    expect([...(await readLooks(file, new Set([sha('a'), sha('b'), sha('c')]))).keys()]).toEqual([sha('a'), sha('c')]);
  });

  it('says why it cannot be opened', async () => {
    const file = path.join(await temporaryFolder(), 'none', 'looks.bin');
    const cannotWrite = { code: 'cannot-write', params: { path: file, problem: 'ENOENT' } };
    await expect(LookWriter.open(file)).rejects.toMatchObject(cannotWrite);
  });

  it('takes a file that is not there for an empty one', async () => {
    expect((await readLooks(path.join(await temporaryFolder(), 'none'), new Set([sha('a')]))).size).toBe(0);
  });
});
