import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { LOOK_BYTES, LOOK_SOURCE_SIDE, lookOf } from '../main/dataset/looks.ts';
import { findNearDuplicates, type NearPair } from '../main/dataset/near-duplicates.ts';
import { groupsOf } from '../main/dataset/near-groups.ts';
import { createRandom } from '../main/dataset/seeded.ts';
import { decodeImage } from '../main/native/image.ts';
import { judgePairs, type Judged, type Verdict } from './shared/judge-pairs.ts';
import { copyKinds, makePicture, photographs, planPictures, type KnownPicture } from './shared/known-duplicates.ts';
import { userPath } from './shared/places.ts';
import { digits, note, say, table } from './shared/table.ts';

// Known copies among photographs: how many are found, what else is, and how long it takes. Thresholds were chosen on the
// first half of the photographs; the second, which is the default, was only measured.

const { values } = parseArgs({
  options: {
    pictures: { type: 'string', default: '10000' },
    copies: { type: 'string', default: '1000' },
    half: { type: 'string', default: 'second' },
    seed: { type: 'string', default: '1' },
    sheets: { type: 'string' },
  },
});
const half = values.half;
if (half !== 'first' && half !== 'second' && half !== 'all') throw new Error('--half is first, second or all.');
const [numPictures, numCopies, seed] = [values.pictures, values.copies, values.seed].map(Number) as [
  number,
  number,
  number,
];

interface Looked {
  picture: KnownPicture;
  look: Uint8Array;
}

note(`${numPictures} pictures ...`);
let decodeMs = 0;
let lookMs = 0;
const looked = await lookAtAll();
const looks = looked.map(({ look }) => look);
const startedAt = performance.now();
let longestMs = 0;
let lastBeat = startedAt;
const beat = setInterval(() => {
  const now = performance.now();
  longestMs = Math.max(longestMs, now - lastBeat);
  lastBeat = now;
}, 1);
const cpu = process.cpuUsage();
const pairs = await findNearDuplicates(looks);
const searchMs = performance.now() - startedAt;
const cpuMs = process.cpuUsage(cpu).user / 1000;
clearInterval(beat);

const judged = judgePairs(
  looked.map(({ picture }) => picture),
  pairs,
);
report(judged);
if (values.sheets !== undefined) await drawSheets(userPath(values.sheets));

/** Makes, decodes and looks at the pictures, one after the other so that times add up, in the order of a shuffle. */
async function lookAtAll(): Promise<Looked[]> {
  const all: Looked[] = [];
  for (const picture of planPictures(photographs(half as 'all'), numPictures, numCopies, seed)) {
    if (all.length === numPictures) break;
    const bytes = await makePicture(picture, seed);
    if (!bytes) continue;
    const from = performance.now();
    const { pixels } = await decodeImage(bytes, [LOOK_SOURCE_SIDE, LOOK_SOURCE_SIDE]);
    const decoded = performance.now();
    all.push({ picture, look: lookOf(pixels, LOOK_SOURCE_SIDE) });
    lookMs += performance.now() - decoded;
    decodeMs += decoded - from;
  }
  return createRandom(seed, 'bench/duplicates/order').shuffle(all);
}

function report({ verdicts, numFound, falsePictures }: Judged): void {
  const numOf = (kind: KnownPicture['kind']): number => looked.filter(({ picture }) => picture.kind === kind).length;
  const count = (verdict: Verdict): number => verdicts.filter((given) => given === verdict).length;
  say(`${looked.length} pictures from the ${half} half of the photographs: ${numOf('photograph')} photographs,`);
  say(
    `${numOf('quarter')} quarters of them (no two overlap, bare ones left out), ${copyKinds.map((kind) => `${numOf(kind)} ${kind}`).join(', ')}\n`,
  );
  const rows = copyKinds.map((kind) => [
    kind,
    String(numOf(kind)),
    String(numFound[kind]),
    percent(numFound[kind], numOf(kind)),
  ]);
  const total = copyKinds.reduce((sum, kind) => sum + numFound[kind], 0);
  say(
    table(
      ['copies', 'made', 'found', '%'],
      [...rows, ['all', String(numCopies), String(total), percent(total, numCopies)]],
    ),
  );
  say(`\n${pairs.length} pairs: ${count('known')} of a copy and its photograph`);
  say(`${count('own')} of two untouched photographs, left out of what follows: judge them by --sheets FOLDER`);
  say(`${count('kin')} that follow from those (a copy of one with the other, the same quarter of both)`);
  const numFalse = count('false');
  say(
    `${numFalse} false: ${percent(numFalse, numFalse + count('known') + count('kin'))} % of the other pairs; ${falsePictures} pictures, ${percent(falsePictures, looked.length)} % of all`,
  );
  const largest = Math.max(0, ...groupsOf(pairs, looked.length).map((group) => group.length));
  say(`largest group: ${largest} pictures`);
  say(
    `\ndecoding ${digits(decodeMs / 1000)} s, looks ${digits(lookMs / 1000)} s, search ${digits(searchMs / 1000)} s (${digits(cpuMs / 1000)} s of processor)`,
  );
  say(`event loop held for ${digits(longestMs)} ms at most; ${LOOK_BYTES} bytes a picture`);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : ((100 * part) / whole).toFixed(2);
}

/** Draws pairs side by side, least alike first, so that a person can judge what no list knows. */
async function drawSheets(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const verdict of ['own', 'kin', 'false'] as const) {
    const chosen = pairs.filter((_, i) => judged.verdicts[i] === verdict).sort((x, y) => x.similarity - y.similarity);
    if (chosen.length > 0) await drawSheet(chosen.slice(0, 60), path.join(folder, `${verdict}.png`));
  }
}

async function drawSheet(chosen: readonly NearPair[], file: string): Promise<void> {
  const [cell, columns] = [110, 6];
  const tiles = await Promise.all(
    chosen.flatMap(({ a, b }, i) =>
      [a, b].map(async (index, side) => ({
        input: await sharp((await makePicture(looked[index]!.picture, seed))!)
          .resize(cell, cell, { fit: 'fill' })
          .png()
          .toBuffer(),
        left: (i % columns) * (2 * cell + 12) + side * cell,
        top: Math.floor(i / columns) * (cell + 8),
      })),
    ),
  );
  const width = columns * (2 * cell + 12);
  const height = Math.ceil(chosen.length / columns) * (cell + 8);
  await sharp({ create: { width, height, channels: 3, background: '#d02090' } })
    .composite(tiles)
    .png()
    .toFile(file);
  note(`${file}: ${chosen.map(({ similarity }) => similarity.toFixed(4)).join(' ')}`);
}
