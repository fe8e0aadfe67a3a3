import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verdictCsv } from '../../contract/verdict-table.ts';
import { csvRecords } from '../dataset/label-csv.ts';
import { exportedRun } from '../testing/exported-run.ts';
import { hostileNames } from '../testing/hostile-names.ts';
import { exampleRunFacts } from '../testing/run-facts.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { wholeExport } from '../testing/whole-export.ts';
import { cardOf } from './card-facts.ts';
import { featuresFormat } from './features.ts';
import type { ExportContext } from './format.ts';
import { plainText } from './markdown.ts';
import { cardMarkdown } from './model-card.ts';
import { scriptFormat } from './script.ts';
import { tfjsUsage } from './tfjs-usage.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;
const classNames = [...hostileNames];
const images = classNames.map((name, index) => ({
  path: `${name}/${name}`,
  className: name,
  split: index % 2 === 0 ? ('train' as const) : ('validation' as const),
}));
let context: ExportContext;
beforeAll(() => {
  const training = exampleRunFacts(classNames);
  context = wholeExport({ classNames, run: exportedRun({}, { training, images, openAnswers }) });
});
afterAll(() => context.model.dispose());

const probabilities = Float32Array.from(classNames, (_, index) => (index === 0 ? 1 : 0));
const openAnswers = async () => ({
  images,
  numChannels: 1,
  featuresOf: () => Float32Array.of(1),
  probabilitiesOf: () => probabilities,
  close: () => undefined,
});

/** Cells of a file, by the rules that spreadsheets and Python's csv share. */
const cellsOf = (csv: string): string[][] => [...csvRecords(csv, ',')].map(({ cells }) => cells);
/** Whether a spreadsheet might compute a cell. */
const isFormula = (cell: string): boolean =>
  /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/u.test(cell) && Number.isNaN(Number(cell));
/** Expects the cells of a column to be these texts, with an apostrophe before what a spreadsheet would compute and nowhere else. */
function expectDisarmed(cells: readonly string[], texts: readonly string[]): void {
  expect(cells.filter(isFormula)).toEqual([]);
  expect(cells.map((cell, index) => (cell === `'${texts[index]}` ? cell.slice(1) : cell))).toEqual(texts);
}

describe('forty hostile names', () => {
  it('are forty and some, one of 255 bytes', () => {
    expect(new Set(hostileNames).size).toBeGreaterThanOrEqual(40);
    expect(Math.max(...hostileNames.map((name) => Buffer.byteLength(name)))).toBe(255);
  });

  it('are text in the list of verdicts', () => {
    const rows = cellsOf(
      verdictCsv(
        classNames.map((name) => ({
          path: name,
          imageId: null,
          className: name,
          split: 'train',
          verdict: {
            kind: 'exact-duplicate',
            detail: name,
            other: { path: name, className: name, split: 'test', imageId: 'i' },
          },
        })),
      ),
    ).slice(1);
    for (const column of [0, 1, 4, 5, 6])
      expectDisarmed(
        rows.map((row) => row[column]!),
        classNames,
      );
  });

  it('are text in the table of predictions, as columns too', async () => {
    const folder = await temporaryFolder();
    await featuresFormat.write(context, folder);
    const [head, ...rows] = cellsOf(await readFile(path.join(folder, 'predictions.csv'), 'utf8'));
    expectDisarmed(head!.slice(4), classNames);
    expectDisarmed(
      rows.map((row) => row[0]!),
      images.map((image) => image.path),
    );
    expectDisarmed(
      rows.map((row) => row[2]!),
      classNames,
    );
    const answers = await featuresFormat.predict(folder, [], [1, 1], [images[3]!.path]);
    expect(answers).toEqual([probabilities]);
  });

  it('are letters in the card: no mark-up, no link, no line of their own', () => {
    const usage = tfjsUsage(context);
    const card = cardMarkdown(cardOf(context, 'tfjs', usage));
    // The same card of other names differs in the names alone.
    const plain = classNames.map((_, index) => `name${index}x`);
    const training = exampleRunFacts(plain);
    const other = { ...context, classNames: plain, run: exportedRun({}, { training, images, openAnswers }) };
    let expected = cardMarkdown(cardOf(other, 'tfjs', usage));
    for (const [index, name] of plain.entries())
      expected = expected.replaceAll(name, () => plainText(classNames[index]!));
    expect(card).toBe(expected);
    for (const name of classNames.map(plainText)) {
      const left = name.replaceAll(/\\[\\`*_{}[\]()#!~$@:.]|&#\d+;/g, '');
      expect([name, /[\\`*_{}[\]()#!~$@:<>|&]|www\.|\p{Cc}|\p{Zl}|[\u202a-\u202e\u2066-\u2069]/u.test(left)]).toEqual([
        name,
        false,
      ]);
    }
  });

  it('are Python literals in the script, which gets them back whole', async ({ skip }) => {
    const folder = await temporaryFolder();
    const run = exportedRun({ backbone: 'mobilenet-v2-1.0' }, { images });
    await scriptFormat.write({ ...context, inputSize: [224, 224], run }, folder);
    if (!hasPython) skip('no python3 here to read it with');
    const script = `
import ast, csv, json, sys
tree = ast.parse(open(sys.argv[1], encoding="utf-8").read())
[names] = [ast.literal_eval(node.value) for node in tree.body
           if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "CLASS_NAMES"]
with open(sys.argv[2], encoding="utf-8", newline="") as file:
    rows = [[row["path"], row["class"]] for row in csv.DictReader(file)]
print(json.dumps([names, rows]))`;
    const files = ['train.py', 'splits.csv'].map((name) => path.join(folder, name));
    const read = JSON.parse(execFileSync('python3', ['-c', script, ...files], { encoding: 'utf8' })) as unknown;
    expect(read).toEqual([classNames, images.map((image) => [image.path, image.className])]);
  });

  it('end no docstring where a backbone has them', async ({ skip }) => {
    const folder = await temporaryFolder();
    const texts: string[] = [];
    for (const name of hostileNames) {
      const provenance = { ...context.provenance, backboneName: name, backboneLicence: name, backbonePaper: name };
      const run = exportedRun({ backbone: 'mobilenet-v2-1.0' }, { images });
      await scriptFormat.write({ ...context, classNames: ['a', 'b'], inputSize: [224, 224], run, provenance }, folder);
      texts.push(await readFile(path.join(folder, 'train.py'), 'utf8'));
    }
    if (!hasPython) skip('no python3 here to read it with');
    // As many statements as with any other name.
    const script =
      'import ast, json, sys; print(json.dumps([len(ast.parse(text).body) for text in json.load(sys.stdin)]))';
    const input = JSON.stringify(texts);
    const counts = JSON.parse(execFileSync('python3', ['-c', script], { encoding: 'utf8', input })) as number[];
    expect(new Set(counts).size).toBe(1);
  });
});
