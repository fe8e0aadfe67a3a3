import { execFileSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { scanFolder } from '../main/dataset/scan.ts';
import { decodeInOrder } from '../main/engine/extract-features.ts';
import { kerasPython } from './peers/environment.ts';
import { dataFolder, pictureFiles, projectFolder, temporaryFolder } from './shared/places.ts';
import { digits, note, say, table } from './shared/table.ts';

// Photographs read, hashed and decoded as a training does, beside Keras's image_dataset_from_directory, in turns, in one run.
// Where there are fewer photographs than asked for, each comes several times, under other names: both decode every one.
// With --width they are made as large as a camera's first.

interface Trial {
  wallS: number;
  cpuS: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pictures: { type: 'string', default: '10000' },
    runs: { type: 'string', default: '2' },
    side: { type: 'string', default: '224' },
    width: { type: 'string' },
  },
});
const [numPictures, side] = [Number(values.pictures), Number(values.side)];
/** Of so many photographs larger ones are made: each file is large, and their number does not matter to a decoder. */
const maxEnlarged = 100;
const found = pictureFiles(dataFolder(positionals[0]), values.width === undefined ? numPictures : maxEnlarged);
const photographs = values.width === undefined ? found : await enlarged(found, Number(values.width));
if (photographs.length === 0) throw new Error('There are no pictures in that folder.');
const folder = gather();
const python = kerasPython();
const trials: { graft: Trial[]; keras: Trial[] } = { graft: [], keras: [] };
let versions = '';
for (let run = 1; run <= Number(values.runs); run++) {
  note(`run ${run}: Graft ...`);
  trials.graft.push(await decodeWithGraft());
  note(`run ${run}: Keras ...`);
  trials.keras.push(decodeWithKeras());
}
const best = (of: readonly Trial[], by: keyof Trial): number => Math.min(...of.map((trial) => trial[by]));
say(
  `${numPictures} pictures (${photographs.length} photographs${values.width === undefined ? '' : `, ${values.width} wide`}) to ${side} × ${side}, ${availableParallelism()} cores, best of ${values.runs}; ${versions}`,
);
say(
  table(
    ['', 'seconds', 'ms a picture', 'seconds of processor'],
    (['graft', 'keras'] as const).map((who) => [
      who === 'graft' ? 'Graft' : 'Keras',
      digits(best(trials[who], 'wallS')),
      digits((1000 * best(trials[who], 'wallS')) / numPictures),
      digits(best(trials[who], 'cpuS')),
    ]),
  ),
);
const times = (by: keyof Trial): string => digits(best(trials.keras, by) / best(trials.graft, by));
say(`Graft is ${times('wallS')} times as fast, and takes the processor for ${times('cpuS')} times less long`);

/** Makes photographs as wide as a camera's, as JPEG of quality 90. */
async function enlarged(files: readonly string[], width: number): Promise<string[]> {
  const to = temporaryFolder();
  return Promise.all(
    files.map(async (file, i) => {
      const large = path.join(to, `${i}.jpg`);
      await sharp(file).resize(width).jpeg({ quality: 90 }).toFile(large);
      return large;
    }),
  );
}

/** A folder of two classes with as many files as asked for. */
function gather(): string {
  const to = path.join(temporaryFolder(), 'pictures');
  for (const name of ['a', 'b']) mkdirSync(path.join(to, name), { recursive: true });
  for (let i = 0; i < numPictures; i++) {
    const file = photographs[i % photographs.length]!;
    const copy = path.join(to, i % 2 === 0 ? 'a' : 'b', `${i}${path.extname(file)}`);
    try {
      linkSync(file, copy);
    } catch {
      copyFileSync(file, copy); // on another disk
    }
  }
  return to;
}

async function decodeWithGraft(): Promise<Trial> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const { root, images } = await scanFolder(folder);
  let numDecoded = 0;
  const { signal } = new AbortController();
  for await (const item of decodeInOrder({ root }, images, [side, side], () => false, signal)) {
    if ('pixels' in item && item.pixels?.length === side * side * 3) numDecoded++;
  }
  const wallS = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  expectAll(numDecoded);
  return { wallS, cpuS: (user + system) / 1e6 };
}

function decodeWithKeras(): Trial {
  const script = path.join(projectFolder, 'bench', 'peers', 'keras_decode.py');
  const said = execFileSync(python, [script, folder, String(side)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const answer = JSON.parse(said.trim().split('\n').at(-1)!) as Trial & { numImages: number; versions: string };
  expectAll(answer.numImages);
  ({ versions } = answer);
  return answer;
}

function expectAll(numDecoded: number): void {
  if (numDecoded !== numPictures) throw new Error(`${numDecoded} of ${numPictures} pictures were decoded.`);
}
