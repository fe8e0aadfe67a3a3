// Run as a process of its own: loads TensorFlow and adds two numbers. A crash in native code ends only this process.
import { createRequire } from 'node:module';
import util from 'node:util';

// Node 23 took these away; some of tfjs-node's kernels still call them.
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;

const tf = createRequire(import.meta.url)('@tensorflow/tfjs-node');
const [sum] = tf.add([2], [3]).dataSync();
if (sum !== 5 || tf.getBackend() !== 'tensorflow') throw new Error(`2 + 3 = ${sum} on the backend ${tf.getBackend()}`);
