import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { graft } from '../shared/graft.ts';
import { officialWeights, projectFolder, temporaryFolder } from '../shared/places.ts';
import { digits, note, say, table } from '../shared/table.ts';
import { flattenEpochs } from '../shared/head-epochs.ts';

interface Case {
  backbone: string;
  size: number;
  from: string;
  isAugmented?: boolean;
}

/** Layers of a backbone fine-tuned under a GAP head: Adam 1e-5, batches of 32, validation included. */
const fineTuning: Readonly<Record<string, Case>> = {
  'vgg16-block5': { backbone: 'vgg16', size: 150, from: 'block5_conv1' },
  'vgg16-block5-augmented': { backbone: 'vgg16', size: 150, from: 'block5_conv1', isAugmented: true },
  'resnet50-conv5': { backbone: 'resnet50', size: 224, from: 'conv5_block1_1_conv' },
  'mobilenet-v2-block13': { backbone: 'mobilenet-v2-1.0', size: 224, from: 'block_13_expand' },
};
const flatten = 'flatten-8192';

export const peerCases = [...Object.keys(fineTuning), flatten];

interface Peer {
  epochSeconds: number[];
  peakBytes: number | null;
  /** Of all epochs, the features before them included: on a shared machine it tells more than the clock. */
  cpuSeconds: number | null;
}

/** Runs a case by Keras and by Graft, one after the other, and prints both. */
export async function runPeerCase(name: string, python: string, data: string, epochs: number): Promise<void> {
  const own = fineTuning[name];
  if (!own) {
    say(`A Flatten head of 8,192 -> 256 -> 2 on 2,000 pictures, RMSprop, features at hand; seconds an epoch\n`);
    const peer = await keras(python, ['--features', '2000', '8192', '256', '--epochs', String(epochs)]);
    return print(peer, { epochSeconds: await flattenEpochs(epochs), peakBytes: null, cpuSeconds: null });
  }
  const { backbone, size, from, isAugmented = false } = own;
  const folder = temporaryFolder();
  const weights = officialWeights(backbone) ?? path.join(folder, `${backbone}.h5`);
  const common = ['--backbone', backbone, '--size', String(size)];
  if (weights.startsWith(folder)) {
    note(`${backbone} has no weights here: both begin with the same drawn ones, which does not change the time`);
    await keras(python, [...common, '--write-weights', weights]);
  }
  say(`${backbone} at ${size} px from ${from} on${isAugmented ? ', light augmentation' : ''}, GAP; seconds an epoch\n`);
  note('Keras ...');
  const peer = await keras(python, [
    ...common,
    ...['--data', data, '--from-layer', from, '--epochs', String(epochs), '--weights', weights],
    ...(isAugmented ? ['--augment'] : []),
  ]);
  note('graft train ...');
  const home = temporaryFolder();
  const sameData = path.join(folder, path.basename(data));
  // Keras is given no test pictures, so Graft must not compute their features either.
  for (const split of ['train', 'validation'])
    cpSync(path.join(data, split), path.join(sameData, split), { recursive: true });
  await graft(home, ['weights', backbone, '--from', weights]);
  const { lines, done, peakBytes, cpuSeconds } = await graft(home, [
    ...['train', sameData, '--backbone', backbone, '--input-size', String(size), '--epochs', '1'],
    ...['--trainable', from, '--fine-tune-epochs', String(epochs)],
    ...(isAugmented ? ['--augment', 'light'] : []),
  ]);
  const seconds = lines
    .filter((line) => line['phase'] === 'fine-tune')
    .map((line) => Number(line['durationMs']) / 1000);
  // The first epoch pays for the features, those included that only the head's phase needs, which Keras does without.
  seconds[0]! += Number(done['featuresMs']) / 1000;
  print(peer, { epochSeconds: seconds, peakBytes, cpuSeconds });
}

async function keras(python: string, args: readonly string[]): Promise<Peer> {
  const script = path.join(projectFolder, 'bench', 'peers', 'keras_fine_tune.py');
  const { stdout } = await promisify(execFile)(python, [script, ...args], { maxBuffer: 1e8 });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return line.startsWith('{') ? (JSON.parse(line) as Peer) : { epochSeconds: [], peakBytes: null, cpuSeconds: null };
}

function print(peer: Peer, own: Peer): void {
  const later = ({ epochSeconds }: Peer) =>
    Math.min(...(epochSeconds.length > 1 ? epochSeconds.slice(1) : epochSeconds));
  const sum = ({ epochSeconds }: Peer) => epochSeconds.reduce((a, b) => a + b, 0);
  const row = (who: string, one: Peer) => [
    who,
    digits(one.epochSeconds[0]!),
    digits(later(one)),
    digits(sum(one)),
    one.cpuSeconds === null ? '–' : digits(one.cpuSeconds),
    one.peakBytes === null ? '–' : (one.peakBytes / 1e6).toFixed(0),
  ];
  const cpuTimes =
    peer.cpuSeconds === null || own.cpuSeconds === null ? '' : `${(peer.cpuSeconds / own.cpuSeconds).toFixed(2)}x`;
  const times = (of: (one: Peer) => number) => `${(of(peer) / of(own)).toFixed(2)}x`;
  say(
    table(
      ['', 'first epoch', 'best later', 'all', 'processor s', 'peak MB'],
      [
        row('Keras', peer),
        row('Graft', own),
        ['Keras / Graft', times((one) => one.epochSeconds[0]!), times(later), times(sum), cpuTimes, ''],
      ],
    ),
  );
}
