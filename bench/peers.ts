import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { kerasPython } from './peers/environment.ts';
import { peerCases, runPeerCase } from './peers/fine-tune.ts';
import { graft } from './shared/graft.ts';
import { dataFolder, officialWeights, projectFolder, temporaryFolder, userPath } from './shared/places.ts';
import { digits, note, say, table } from './shared/table.ts';

// The same job by Graft and by Keras, in turns, in one run: a frozen MobileNetV2, a GAP head, Adam 1e-3, batches of 32.

interface Trial {
  who: string;
  /** Graft: the whole command, npm included. Keras: import and work, without Python's own start and end. */
  totalS: number;
  featuresS: number;
  testAccuracy: number;
  peakBytes: number | null;
}
type KerasMode = 'cached' | 'end-to-end';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: 'string', default: '10' },
    runs: { type: 'string', default: '2' },
    backbone: { type: 'string', default: 'mobilenet-v2-1.0' },
    weights: { type: 'string' },
    'skip-end-to-end': { type: 'boolean', default: false },
  },
});
const peerCase = peerCases.includes(positionals[0] ?? '') ? positionals.shift()! : null;
const data = dataFolder(positionals[0]);
if (peerCase) {
  await runPeerCase(peerCase, kerasPython(), data, Number(values.epochs));
  process.exit(0);
}
const alpha = /^mobilenet-v2-(\d\.\d+)$/.exec(values.backbone)?.[1];
if (alpha === undefined) throw new Error('The peer is written for MobileNetV2: --backbone mobilenet-v2-1.0, -0.35, …');
for (const split of ['train', 'validation', 'test']) {
  if (!existsSync(path.join(data, split)))
    throw new Error(`Both must see the same split: ${data} needs train/, validation/ and test/; ${split}/ is missing.`);
}
const weights = weightFile();

const python = kerasPython();
const trials: Trial[] = [];
const modes: KerasMode[] = values['skip-end-to-end'] ? ['cached'] : ['cached', 'end-to-end'];
for (let run = 1; run <= Number(values.runs); run++) {
  trials.push(await trainWithGraft());
  for (const mode of modes) trials.push(await trainWithKeras(mode));
}

const best = [...new Set(trials.map(({ who }) => who))].map((name) =>
  trials.filter(({ who }) => who === name).reduce((a, b) => (b.totalS < a.totalS ? b : a)),
);
const own = best[0]!;
say(
  `${readdirSync(path.join(data, 'train')).length} classes in ${data}; ${values.backbone}, GAP, ${values.epochs} epochs;`,
);
say(`${availableParallelism()} cores, best of ${values.runs}, in turns\n`);
say(
  table(
    ['', 'seconds', 'of these features', 'test accuracy', 'peak MB', 'times Graft’s seconds'],
    best.map(({ who, totalS, featuresS, testAccuracy, peakBytes }) => [
      who,
      digits(totalS),
      featuresS > 0 ? digits(featuresS) : '–',
      testAccuracy.toFixed(4),
      peakBytes === null ? '–' : (peakBytes / 1e6).toFixed(0),
      `${(totalS / own.totalS).toFixed(2)}x`,
    ]),
  ),
);

/** A new home for each run: nothing is cached but the weights, which Keras is given too. */
async function trainWithGraft(): Promise<Trial> {
  const home = temporaryFolder();
  await graft(home, ['weights', values.backbone, '--from', weights]);
  note('graft train ...');
  const args = ['train', data, '--backbone', values.backbone, '--head', 'gap', '--epochs', values.epochs];
  const { done, wallMs, peakBytes } = await graft(home, args);
  note(`  ${digits(wallMs / 1000)} s`);
  return {
    who: 'Graft',
    totalS: wallMs / 1000,
    featuresS: Number(done['featuresMs']) / 1000,
    testAccuracy: Number(done['testAccuracy']),
    peakBytes,
  };
}

async function trainWithKeras(mode: KerasMode): Promise<Trial> {
  note(`Keras, ${mode} ...`);
  const script = path.join(projectFolder, 'bench', 'peers', 'keras_mobilenet_v2.py');
  const args = [script, data, '--mode', mode, '--weights', weights, '--alpha', alpha!, '--epochs', values.epochs];
  const { stdout } = await promisify(execFile)(python, args, { maxBuffer: 1e8 });
  const result = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number>;
  const totalS = result['importSeconds']! + result['workSeconds']!;
  note(`  ${digits(totalS)} s, of these import ${digits(result['importSeconds']!)}`);
  return {
    who: mode === 'cached' ? 'Keras, features cached' : 'Keras, end to end',
    totalS,
    featuresS: result['featuresSeconds']!,
    testAccuracy: result['testAccuracy']!,
    peakBytes: result['peakBytes']!,
  };
}

function weightFile(): string {
  const file = values.weights === undefined ? officialWeights(values.backbone) : userPath(values.weights);
  if (file !== null && existsSync(file)) return file;
  const name = `mobilenet_v2_weights_tf_dim_ordering_tf_kernels_${alpha}_224_no_top.h5`;
  throw new Error(
    `${file ?? name} is not here. Get it from https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/${name} and name it with --weights FILE.`,
  );
}
