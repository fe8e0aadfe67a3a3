import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import { MessageWriter } from '../lowering/protobuf.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeProtobuf } from './protobuf-file.ts';

const large = (sizeBytes: number, make: () => Uint8Array) => new MessageWriter().later(1, { sizeBytes, make }).finish();

describe('writeProtobuf', () => {
  it('writes a message as a file', async () => {
    const folder = await temporaryFolder();
    const message = large(3, () => Uint8Array.of(1, 2, 3));
    expect(await writeProtobuf(message, folder, 'model.onnx', 'onnx')).toBe('model.onnx');
    expect([...(await readFile(path.join(folder, 'model.onnx')))]).toEqual([10, 3, 1, 2, 3]);
  });

  it('refuses from 2 GB on, before anything is read or written', async () => {
    const folder = await temporaryFolder();
    const make = () => expect.fail('made');
    await expect(writeProtobuf(large(2 ** 31, make), folder, 'model.onnx', 'onnx')).rejects.toThrow(
      new GraftError('export-too-large', { format: 'onnx', sizeBytes: 2 ** 31 + 6, maxBytes: 2 ** 31 - 1 }),
    );
    expect(await readdir(folder)).toEqual([]);
  });
});
