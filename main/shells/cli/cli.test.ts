import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildWorkers, hasSharedData, photographs, projectFolder, sharedData } from '../../testing/backend.ts';
import { temporaryFolder } from '../../testing/temporary.ts';
import { csvField } from '../../../contract/csv.ts';

beforeAll(buildWorkers);

interface Answer {
  code: number | null;
  lines: Record<string, unknown>[];
  last: Record<string, unknown>;
  stderr: string;
}

/** Runs the built command line as a user would, with `--json`. */
function graft(home: string, ...args: string[]): Answer {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(projectFolder, 'out', 'cli.js'), ...args, '--json'],
    {
      env: { ...process.env, GRAFT_HOME: home },
      encoding: 'utf8',
    },
  );
  const lines = stdout
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
  return { code: status, lines, last: lines.at(-1) ?? {}, stderr };
}

describe('exit codes', () => {
  it('are 2 for unknown commands and options, missing arguments and values of the wrong type', async () => {
    const home = await temporaryFolder();
    for (const args of [
      ['nothing'],
      ['train'],
      ['train', 'x', '--nothing'],
      ['train', 'x', '--epochs', 'many'],
      ['train', 'x', '--head', 'gpa'],
      ['export', 'x', '--out', 'y'],
      ['train', 'x', '--learning-rate', 'fast'],
    ]) {
      const { code, last } = graft(home, ...args);
      expect({ args, code, event: last['event'] }).toEqual({ args, code: 2, event: 'error' });
    }
  });
  it('are 1 for what a person can mend, with a code, facts and a sentence', async () => {
    const home = await temporaryFolder();
    const empty = await temporaryFolder();
    const cases: [string[], string][] = [
      [['train', '/nowhere/at/all', '--backbone', 'efficientnet-lite0'], 'path-not-found'],
      [['train', 'ftp://example.org/a.zip', '--backbone', 'efficientnet-lite0'], 'data-kind-not-supported'],
      [['train', empty, '--backbone', 'efficientnet-lite0'], 'no-images'],
      [['train', empty, '--backbone', 'vgg16'], 'weights-missing'],
      [['train', empty, '--backbone', 'nosuchnet'], 'backbone-not-found'],
      [['train', empty, '--epochs', '0'], 'invalid-input'],
      [['train', empty, '--dropout', '2'], 'invalid-input'],
      [['train', empty, '--fine-tune-learning-rate', '0'], 'invalid-input'],
      [['fine-tune', 'nosuchrun'], 'run-not-found'],
      [['resume', 'nosuchrun'], 'run-not-found'],
      [['inspect', empty], 'no-images'],
      [['evaluate', 'nosuchrun'], 'run-not-found'],
      [['show', '../../etc'], 'run-not-found'],
      [['export', 'nosuchrun', '--format', 'tfjs', '--out', 'x'], 'run-not-found'],
      [['weights', 'vgg16', '--from', path.join(projectFolder, 'package.json')], 'weights-not-readable'],
      [['train', empty, '--recipe', path.join(projectFolder, 'package.json')], 'recipe-not-readable'],
    ];
    for (const [args, expected] of cases) {
      const { code, last, stderr } = graft(home, ...args);
      expect({ args, code, error: last['code'] }).toEqual({ args, code: 1, error: expected });
      expect(String(last['message']).length).toBeGreaterThan(20);
      expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
    }
  });
});

describe('graft backbones', () => {
  it('lists the catalogue with facts and where the weights are', async () => {
    const { code, last } = graft(await temporaryFolder(), 'backbones');
    const list = last['backbones'] as { id: string; numParameters: number; weights: { state: string } }[];
    expect(code).toBe(0);
    const ids = list.map(({ id }) => id);
    expect(new Set(ids).size).toBe(55);
    for (const id of [
      'vgg19',
      'resnet50-v2',
      'mobilenet-v3-small',
      'efficientnet-v2-s',
      'nasnet-large',
      'convnext-xlarge',
    ])
      expect(ids).toContain(id);
    expect(list[0]).toMatchObject({ id: 'efficientnet-lite0', weights: { state: 'embedded' } });
    const vgg16 = list.find(({ id }) => id === 'vgg16');
    expect(vgg16).toMatchObject({ numParameters: 14_714_688, weights: { state: 'missing' } });
  });
});

describe.skipIf(!hasSharedData)('the main job from the terminal (needs the shared photographs)', () => {
  it('imports weights, trains, evaluates, predicts and exports with the promised fields', async () => {
    const home = await temporaryFolder();
    const folder = await photographs(10);
    const file = readdirSync(path.join(sharedData, 'weights')).find((name) => name.includes('0.35'))!;
    expect(
      graft(home, 'weights', 'mobilenet-v2-0.35', '--from', path.join(sharedData, 'weights', file)).last,
    ).toMatchObject({ event: 'done', weights: { state: 'imported' } });

    const trained = graft(
      home,
      'train',
      folder,
      '--backbone',
      'mobilenet-v2-0.35',
      '--input-size',
      '128',
      '--epochs',
      '3',
      '--learning-rate',
      '0.01',
      '--dense',
      '8',
      '--dropout',
      '0.1',
    );
    expect(trained.code).toBe(0);
    const { runId } = trained.last as { runId: string };
    expect(trained.lines[0]).toMatchObject({ event: 'started', runId });
    expect(trained.lines.every((line) => line['runId'] === runId)).toBe(true);
    const epochs = trained.lines.filter((line) => line['event'] === 'epoch');
    expect(epochs.map((line) => line['epoch'])).toEqual([1, 2, 3]);
    expect(Object.keys(epochs[0]!)).toEqual(
      expect.arrayContaining(['phase', 'loss', 'accuracy', 'validationLoss', 'validationAccuracy', 'durationMs']),
    );
    expect(trained.last).toMatchObject({
      event: 'done',
      head: 'gap',
      headParameters: 1280 * 8 + 8 + 8 * 2 + 2,
      frozenParameters: 410_208,
      classNames: ['cats', 'dogs'],
    });

    const evaluated = graft(home, 'evaluate', runId).last;
    expect(evaluated).toMatchObject({
      accuracy: trained.last['testAccuracy'],
      numImages: 20,
      classNames: ['cats', 'dogs'],
    });

    const csv = path.join(home, 'out.csv');
    const predicted = graft(home, 'predict', runId, path.join(folder, 'test'), '--csv', csv);
    const predictions = predicted.lines.filter((line) => line['event'] === 'prediction') as {
      path: string;
      className: string;
      probability: number;
      probabilities: Record<string, number>;
    }[];
    expect(predictions).toHaveLength(20);
    const numRight = predictions.filter((one) => path.basename(path.dirname(one.path)) === one.className).length;
    expect(numRight / 20).toBe(evaluated['accuracy']);
    for (const { probability, probabilities } of predictions) {
      expect(Object.keys(probabilities)).toEqual(['cats', 'dogs']);
      expect(probabilities['cats']! + probabilities['dogs']!).toBeCloseTo(1, 5);
      expect(Math.max(...Object.values(probabilities))).toBe(probability);
    }
    expect(readFileSync(csv, 'utf8').split('\r\n')).toHaveLength(22);

    const out = path.join(home, 'exported');
    const exported = graft(home, 'export', runId, '--format', 'tfjs', '--out', out);
    expect(exported.last).toMatchObject({ event: 'done', parity: { numImages: 32, numChangedLabels: 0 } });
    expect((exported.last['parity'] as { maxAbsoluteDifference: number }).maxAbsoluteDifference).toBeLessThanOrEqual(
      1e-4,
    );
    expect(readdirSync(out).sort()).toEqual((exported.last['files'] as string[]).sort());
    for (const name of readdirSync(out))
      expect(readFileSync(path.join(out, name)).includes(folder), `${name} names a folder of the user's`).toBe(false);
    expect(graft(home, 'export', runId, '--format', 'tfjs', '--out', out).last).toMatchObject({
      event: 'error',
      code: 'out-not-empty',
    });
    expect(graft(home, 'runs').last['runs']).toMatchObject([{ runId, number: 1, phase: 'finished' }]);
  });

  it('skips what is broken, draws the split of a plain folder, and refuses fractions beside a given split', async () => {
    const home = await temporaryFolder();
    const from = path.join(sharedData, 'cats_and_dogs', 'train');
    const folder = await temporaryFolder();
    for (const name of ['cats', 'dogs']) {
      mkdirSync(path.join(folder, name));
      for (const picture of readdirSync(path.join(from, name)).sort().slice(0, 10))
        copyFileSync(path.join(from, name, picture), path.join(folder, name, picture));
    }
    writeFileSync(
      path.join(folder, 'cats', 'broken.jpg'),
      readFileSync(path.join(folder, 'cats', readdirSync(path.join(folder, 'cats'))[0]!)).subarray(0, 4000),
    );
    // A broken file that nobody knew of gives the same split and curve as one that was inspected before.
    const first = graft(home, 'train', folder, '--epochs', '1', '--input-size', '96');
    expect(first.last).toMatchObject({ event: 'done', numSkipped: 1 });
    expect(graft(home, 'inspect', folder).last).toMatchObject({
      splitFrom: 'drawn',
      files: { used: 20, skipped: [{ path: 'cats/broken.jpg', reason: 'truncated' }] },
      classes: [{ name: 'cats', train: 6, validation: 2, test: 2 }, { name: 'dogs' }],
    });
    const second = graft(home, 'train', folder, '--epochs', '1', '--input-size', '96');
    const losses = (answer: Answer) =>
      answer.lines.filter((line) => line['event'] === 'epoch').map((line) => line['loss']);
    expect(losses(second)).toEqual(losses(first));
    expect(graft(home, 'train', await photographs(3), '--validation-fraction', '0.3').last).toMatchObject({
      event: 'error',
      code: 'split-given',
    });
  });
});

describe.skipIf(!hasSharedData || process.platform === 'win32')('Ctrl-C (needs the shared photographs)', () => {
  it('pressed in a terminal stops the run, keeps what was learnt and leaves with 130', async () => {
    const home = await temporaryFolder();
    const child = spawn(
      process.execPath,
      [
        path.join(projectFolder, 'out', 'cli.js'),
        'train',
        await photographs(20),
        '--input-size',
        '64',
        '--epochs',
        '1000',
        '--json',
      ],
      {
        env: { ...process.env, GRAFT_HOME: home },
        detached: true, // a process group of its own, as a terminal gives it
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const before = text;
      text += chunk.toString();
      if (text.includes('"event":"epoch"') && !before.includes('"event":"epoch"')) process.kill(-child.pid!, 'SIGINT');
    });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(130);
    expect(graft(home, 'runs').last['runs']).toMatchObject([{ phase: 'stopped', result: { headParameters: 2562 } }]);
  });
});

describe('csvField', () => {
  it('quotes, and disarms what a spreadsheet would run', () => {
    expect(csvField('a,"b"')).toBe('"a,""b"""');
    expect(csvField('=cmd()')).toBe("'=cmd()");
    expect(csvField('-0.5')).toBe('-0.5');
  });
});
