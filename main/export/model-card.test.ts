import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Recipe } from '../../contract/run.ts';
import { wholeExport } from '../testing/whole-export.ts';
import { exportedRun } from '../testing/exported-run.ts';
import { exampleRunFacts } from '../testing/run-facts.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { cardOf, certified, type ModelCard } from './card-facts.ts';
import type { ExportContext } from './format.ts';
import { cardMarkdown, writeModelCard } from './model-card.ts';
import { tfjsUsage } from './tfjs-usage.ts';

const parity = { numImages: 32, maxAbsoluteDifference: 3.1e-6, meanAbsoluteDifference: 1e-7, numChangedLabels: 0 };
const contexts: ExportContext[] = [];
afterEach(() => contexts.splice(0).forEach(({ model }) => model.dispose()));

function context(facts: Partial<ExportContext> = {}): ExportContext {
  const made = wholeExport(facts);
  contexts.push(made);
  return made;
}
const cardFor = (of: ExportContext): ModelCard => certified(cardOf(of, 'tfjs', tfjsUsage(of)), parity);
const markdown = (of: ExportContext): string => cardMarkdown(cardFor(of));

describe('writeModelCard', () => {
  it('writes the same for people, for programs and as a drawing', async () => {
    const folder = await temporaryFolder();
    const names = await writeModelCard(cardFor(context()), folder);
    expect(names).toEqual(['README.md', 'card.json', 'curves.svg']);
    const card = JSON.parse(await readFile(path.join(folder, 'card.json'), 'utf8')) as ModelCard;
    expect(card).toMatchObject({
      classes: [{ name: 'zebra', train: 12, validation: 10, test: 10 }, { name: 'ant' }, { name: 'ночь' }],
      backbone: { licence: 'Apache-2.0' },
      evaluation: { test: { numImages: 28, numCorrect: 27 } },
      certificate: { numChangedLabels: 0, largestAllowed: 1e-4 },
    });
    expect(card.epochs).toHaveLength(2);
    expect(await readFile(path.join(folder, 'curves.svg'), 'utf8')).toMatch(/^<svg [^>]*role="img"/);
  });
});

describe('cardMarkdown', () => {
  it('says what the model is, how well it does and how sure that is', () => {
    const text = markdown(context());
    expect(text).toContain('It tells 3 classes of pictures apart: a new head on MobileNetV2');
    expect(text).toContain('Test accuracy: 96.4 % (27 of 28; 95 % interval 82.3 to 99.4 %)');
    expect(text).toContain('32 of 32 pictures answered the same; largest difference of a probability 0.000003');
    expect(text).toContain('RGB pixels 0 to 255, float32, `[batch, 16, 16, 3]`');
    expect(text).toContain('The whole backbone was frozen; only the head was trained.');
    expect(text).toContain('| zebra | 12 | 10 | 10 |');
    expect(text).toContain('| **zebra** | 9 | 0 | 1 |');
    expect(text).toContain('3,843 trained (3,843 in the head), 2,257,984 frozen');
    expect(text).toContain('fewer than 20 test pictures');
  });

  it('shows names of classes letter by letter', () => {
    const hostile = ['<script>alert(1)</script>', '[x](http://evil.test)', 'a|b\n# c'];
    const text = markdown(context({ classNames: hostile }));
    expect(text).not.toContain('<script>');
    expect(text).not.toContain('](http://evil.test)');
    expect(text).not.toMatch(/^# c/m);
    expect(text.match(/^# /gm)).toHaveLength(1);
  });

  it('says so where there was no test split', () => {
    const training = { ...exampleRunFacts(['a', 'b', 'c']), test: null };
    const text = markdown(context({ run: exportedRun({}, { training }) }));
    expect(text).toContain('There was no test split.');
    expect(text).toContain('Validation accuracy: 96.4 %');
  });

  it('lists the largest mistakes where a matrix would be too wide', () => {
    const classNames = Array.from({ length: 40 }, (_, index) => `class ${index}`);
    const text = markdown(context({ classNames }));
    expect(text).toContain('the most frequent mistakes');
    expect(text).toContain('| class 0 | class 39 | 1 |');
  });

  it('names the layers that were trained, and the runs before', () => {
    const recipes = [Recipe.parse({}), Recipe.parse({ trainable: { from: 'block_16_expand' } })];
    const text = markdown(context({ run: exportedRun({}, { recipes }) }));
    expect(text).toContain('every layer of the backbone from block\\_16\\_expand on');
    expect(text).toContain('It began with what an earlier run had learned.');
    expect(text).toContain('Fine-tuning: up to 10 epochs, Adam, learning rate 0.00001');
  });

  it('says that nothing is known of the training of a saved model, and nothing else about it', () => {
    const training = { ...exampleRunFacts(['zebra', 'ant', 'ночь']), epochs: [], validation: null, test: null };
    const run = exportedRun({}, { isImported: true, recipes: [], training });
    const of = context({ run });
    const text = markdown({ ...of, provenance: { ...of.provenance, trainedOn: null, numTrainImages: null } });
    expect(text).toContain('apart: a model that was opened in Graft 0.1.0 and written again.');
    expect(text).toContain('How it was trained, and on what, is not known: it was opened in Graft as a saved model.');
    expect(text).toContain('It was not measured here.');
    expect(text).toContain('- How well it does, and on which pictures, is not known.');
    expect(text).toContain('2,261,827 (3,843 in the head)');
    expect(text).not.toMatch(/trained with|was frozen|epoch|Adam|Kept|test split|one data set|null/);
    const card = cardFor(of);
    expect(card).toMatchObject({ isImported: true, recipes: [], head: { kind: 'gap', denseUnits: null } });
  });

  it('says whose pictures a run learned from before', () => {
    const card = (earlierData: 'same' | 'other' | 'unknown') =>
      markdown(context({ run: exportedRun({}, { earlierData, training: exampleRunFacts(['a', 'b', 'c']) }) }));
    expect(card('same')).toContain('All pictures come from one data set.');
    expect(card('other')).toContain('It learned from more than one data set, one after the other.');
    expect(card('unknown')).toContain('What it began with had learned from pictures that are not known here.');
    for (const data of ['other', 'unknown'] as const) expect(card(data)).not.toContain('All pictures come from one');
  });

  it('tells the momentum of an optimizer that has one', () => {
    const words = (optimizer: 'adam' | 'sgd') =>
      markdown(context({ run: exportedRun({ optimizer, momentum: 0.9 }, { training: exampleRunFacts(['a', 'b', 'c']) }) })); // prettier-ignore
    expect(words('sgd')).toContain('SGD with momentum 0.9');
    expect(words('adam')).not.toContain('momentum');
  });
});
