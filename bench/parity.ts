import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findBackbone, backbones } from '../main/backbones/registry.ts';
import type { BackboneSpec } from '../main/backbones/spec.ts';
import { comparePredictions, MAX_ABSOLUTE_DIFFERENCE } from '../main/export/parity.ts';
import { formats } from '../main/export/registry.ts';
import { columns, type Column } from './parity/columns.ts';
import { inputSizes, parityModel, smallestOfFamilies, type ParityModel } from './parity/model.ts';
import { Peer } from './parity/peer.ts';
import { peerPython, type EnvironmentName } from './peers/environment.ts';
import { temporaryFolder } from './shared/places.ts';
import { note, say, table } from './shared/table.ts';

// Every export of every family against real Keras, TensorFlow and ONNX Runtime: the largest difference of a probability.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    formats: { type: 'string' },
    without: { type: 'string', default: '' },
    'one-size': { type: 'boolean', default: false },
  },
});
const chosen = values.formats?.split(',');
const without = values.without.split(',');
const asked = columns.filter(({ format, by }) => (chosen?.includes(format) ?? true) && !without.includes(by));
const specs = positionals.length > 0 ? positionals.map(findBackbone) : values.all ? backbones : smallestOfFamilies();

const peers = new Map<EnvironmentName, Peer | null>();
for (const { by } of asked)
  if (by !== 'graft' && !peers.has(by)) {
    const python = peerPython(by);
    if (!python) note(`No Python here can have the packages of ${by}: its columns stay empty.`);
    peers.set(by, python === null ? null : new Peer(python));
  }

const root = temporaryFolder();
const rows: string[][] = [];
const problems: string[] = [];
for (const spec of specs)
  for (const inputSize of inputSizes(spec).slice(0, values['one-size'] ? 1 : undefined))
    rows.push(await compare(spec, inputSize));
for (const peer of peers.values()) peer?.end();

say(`Largest difference of a probability, weights and pictures by formula; at most ${MAX_ABSOLUTE_DIFFERENCE}\n`);
say(table(['backbone', 'input', ...asked.map(({ title }) => title)], rows));
for (const problem of problems) say(problem);
process.exit(problems.length > 0 ? 1 : 0);

async function compare(spec: BackboneSpec, inputSize: readonly [number, number]): Promise<string[]> {
  const model = await parityModel(spec, inputSize);
  const written = new Map<string, Promise<string>>(); // folder by format
  const row = [spec.id, inputSize.join('×')];
  const name = row.join(' ');
  for (const column of asked) {
    try {
      const folder = written.get(column.format) ?? write(model, column, name);
      written.set(column.format, folder);
      const answers = await answersOf(column, await folder, model);
      row.push(answers === null ? '–' : difference(model, answers, `${name} ${column.title}`));
    } catch (error) {
      problems.push(`${name} ${column.title}: ${error instanceof Error ? error.message : String(error)}`);
      row.push('failed');
    }
  }
  model.dispose();
  await rm(path.join(root, name), { recursive: true, force: true }); // the largest have gigabytes
  note(row.join('  '));
  return row;
}

async function write({ context }: ParityModel, { format }: Column, name: string): Promise<string> {
  const folder = path.join(root, name, format);
  await mkdir(folder, { recursive: true });
  await formats[format].write(context, folder);
  return folder;
}

/** Null where there is no such runtime here. */
async function answersOf({ format, by }: Column, folder: string, { context: { inputSize }, pixels }: ParityModel) {
  if (by === 'graft') return formats[format].predict!(folder, pixels, inputSize, []);
  return (await peers.get(by)?.predict(format, folder, pixels, inputSize)) ?? null;
}

function difference(model: ParityModel, answers: readonly Float32Array[], what: string): string {
  const { maxAbsoluteDifference: most, numChangedLabels } = comparePredictions(model.expected, answers);
  if (most > MAX_ABSOLUTE_DIFFERENCE || numChangedLabels > 0)
    problems.push(`${what}: differs by ${most}, ${numChangedLabels} labels changed`);
  return most.toFixed(7);
}
