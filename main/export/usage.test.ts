import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import type { ExportFormat } from '../../contract/model.ts';
import { picturesOf, wholeExport } from '../testing/whole-export.ts';
import { rawImage } from '../testing/images.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { comparePredictions } from './parity.ts';
import { formats } from './registry.ts';
import { writeExport } from './write-export.ts';

/** A Python with Keras, TensorFlow, ONNX Runtime and Pillow, where `npm run bench -- peers` has made one. */
const cache = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
const peers = process.env['GRAFT_PEERS'] || path.join(cache, 'graft-peers');
const isWindows = process.platform === 'win32';
const python = isWindows ? path.join(peers, 'Scripts', 'python.exe') : path.join(peers, 'bin', 'python');
const run = promisify(execFile);

/** Formats whose lines ask the model about `picture.jpg` and print each class with its probability. */
const asked: readonly ExportFormat[] = ['keras', 'h5', 'onnx', 'savedmodel'];

const context = wholeExport({ classNames: ['zebra', 'ant', 'night'] });
const { pixels, expected } = picturesOf(context);
afterAll(() => context.model.dispose());

// The lines for JavaScript run in a browser: e2e/export.spec.ts.
describe.skipIf(!existsSync(python))('the lines on the card, run by real Python (skipped where there is none)', () => {
  it.for(asked)('give the probabilities of the app: %s', { timeout: 240_000 }, async (format, { skip }) => {
    const out = path.join(await temporaryFolder(), 'out');
    const { predict } = formats[format];
    const verify = async (folder: string) =>
      comparePredictions(expected, await predict!(folder, pixels, context.inputSize, []));
    const written = await writeExport(format, context, out, verify).catch((error: unknown) => {
      if (error instanceof GraftError && error.code === 'not-yet') return null;
      throw error;
    });
    if (!written) return skip(`${format} is not written yet`);
    const [height, width] = context.inputSize;
    // Exact pixels: Pillow goes by what is in a file, not by its name.
    await writeFile(path.join(out, 'picture.jpg'), await rawImage(pixels[0]!, height, width).png().toBuffer());
    const { stdout } = await run(python, ['-c', written.usage.code], {
      cwd: out,
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' },
    });
    for (const [classIndex, className] of context.classNames.entries()) {
      const said = new RegExp(`${className}\\W+(\\d\\.\\d+)`).exec(stdout)?.[1];
      expect(Number(said), stdout).toBeCloseTo(expected[0]![classIndex]!, 3);
    }
  });
});
