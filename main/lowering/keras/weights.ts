import { fitsFloat16, toFloat16 } from '../../native/float16.ts';
import type { Hdf5Dataset } from '../../native/hdf5-write.ts';
import type { KerasWeight } from './layer.ts';

/** How weights are stored; Keras computes in float32 either way. */
export type Precision = 'float32' | 'float16';

/**
 * A weight as a data set. In float16 lie kernels only, and of those the ones that it can say: biases and statistics are few,
 * and a moving variance can be larger than any float16.
 */
export function datasetOf({ shape, type, read }: KerasWeight, precision: Precision): Hdf5Dataset {
  if (type === 'int64')
    return { shape, type, bytes: () => bytesOf(BigInt64Array.from(read(), (count) => BigInt(Math.round(count)))) };
  if (precision === 'float16' && shape.length >= 2 && fitsFloat16(read()))
    return { shape, type: 'float16', bytes: () => bytesOf(toFloat16(read())) };
  return { shape, type, bytes: () => bytesOf(read()) };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
