import { describe, expect, it } from 'vitest';
import { createSession } from './onnx.ts';

/**
 * A graph that doubles: `sum` = `pixels` + `pixels`, uint8 [batch, 2] in, float32 out. Written once by `encodeModel` of
 * `lowering/onnx`, which this folder may not import.
 */
const doubling = Buffer.from(
  'CAgSBWdyYWZ0OokBCiUKBnBpeGVscxIEY2FzdBoEY2FzdCIEQ2FzdCoJCgJ0bxgBoAECChsKBGNhc3QKBGNhc3QSA3N1bRoDc3VtIgNBZGQSCGRvdWJsaW5nWh0KBnBpeGVscxITChEIAhINCgcSBWJhdGNoCgIIAmIaCgNzdW0SEwoRCAESDQoHEgViYXRjaAoCCAJCBAoAEBE=',
  'base64',
);

describe('createSession', () => {
  it('runs a graph for batches of any size', async () => {
    const session = await createSession(doubling, { numThreads: 1 });
    expect(session.inputNames).toEqual(['pixels']);
    expect([...session.outputs]).toEqual([['sum', ['batch', 2]]]);
    const one = await session.run({ pixels: { data: Uint8Array.of(1, 255), dims: [1, 2] } });
    const two = await session.run({ pixels: { data: Uint8Array.of(1, 2, 3, 4), dims: [2, 2] } });
    expect(one['sum']).toEqual({ data: Float32Array.of(2, 510), dims: [1, 2] });
    expect(two['sum']).toEqual({ data: Float32Array.of(2, 4, 6, 8), dims: [2, 2] });
    await session.release();
  });

  it('refuses bytes that are no model', async () => {
    await expect(createSession(Uint8Array.of(1, 2, 3))).rejects.toThrow();
  });

  it('refuses pixels that do not fill their sizes', async () => {
    const session = await createSession(doubling, { numThreads: 1 });
    await expect(session.run({ pixels: { data: Uint8Array.of(1), dims: [1, 2] } })).rejects.toThrow();
    await session.release();
  });
});
