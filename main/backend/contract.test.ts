import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClient } from '../../contract/client.ts';
import { methods } from '../../contract/contract.ts';
import { GraftError } from '../../contract/errors.ts';
import { settled, testBackend, until } from '../testing/backend.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { transports } from '../testing/transports.ts';

/** Strings that mean harm as a path, a name or an id. */
const hostile = [
  '..',
  '../..',
  '../../etc/passwd',
  '/etc/passwd',
  '..%2f..%2fetc',
  '%2e%2e/',
  '%252e%252e',
  '#/../..',
  '?../..',
  'a\0b',
  'C:\\Windows\\win.ini',
  '\\\\server\\share',
  '//server/share',
  'file:///etc/passwd',
  '__proto__',
  'constructor',
  'x'.repeat(5000),
  '\u202e',
  '<img src=x onerror=alert(1)>',
  '',
];

describe.each(transports)('the contract over $name', ({ open }) => {
  async function door(roots: string[]) {
    const { backend, home } = await testBackend({ roots });
    const transport = await open(backend);
    onTestFinished(() => transport.close());
    return { client: createClient(transport), transport, home };
  }

  it('answers, keeps settings, and brings typed errors across', async () => {
    const { client } = await door([]);
    expect(await client.call('app.info', {})).toMatchObject({ numRuns: 0, numDatasets: 0 });
    expect(await client.call('settings.set', { language: 'ko' })).toEqual({ language: 'ko', theme: 'system' });
    expect((await client.call('settings.get', {})).language).toBe('ko');
    const advice = await client.call('backbone.advice', { backboneId: 'efficientnet-lite0', numClasses: 2 });
    expect(advice).toMatchObject({
      gapParameters: 2562,
      flattenParameters: 125_442,
      featureShape: [7, 7, 1280],
      advised: 'gap',
    });
    const error = await client.call('run.get', { runId: 'run-none' }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(GraftError);
    expect(error).toMatchObject({ code: 'run-not-found', params: { runId: 'run-none' } });
  });

  it('announces what happens', async () => {
    const folder = await temporaryFolder();
    mkdirSync(path.join(folder, 'a'));
    writeFileSync(path.join(folder, 'a', 'x.txt'), 'text');
    const { client } = await door([folder]);
    const phases: string[] = [];
    const unsubscribe = client.on('dataset.changed', ({ phase }) => phases.push(phase));
    const { datasetId } = await client.call('dataset.add', { path: folder });
    expect(await until(client, datasetId)).toMatchObject({ numImages: 0, numSkipped: 1 });
    await settled(
      async () => phases,
      (seen) => seen.includes('ready'),
    );
    unsubscribe();
  });

  it('gives a typed refusal to hostile strings in every field of every method', async () => {
    const { transport, home } = await door([]);
    const canary = 'canary-7c1e';
    writeFileSync(path.join(home, 'secret'), canary);
    for (const method of Object.keys(methods)) {
      for (const text of method === 'dataset.addSample' || method === 'dataset.beginUpload' ? [] : hostile) {
        const fields = {
          datasetId: text,
          runId: text,
          backboneId: text,
          exportId: text,
          imageIds: [text],
          path: text,
          paths: [text],
          runIds: [text, text],
          format: text,
          out: text,
          className: text,
          split: text,
          language: text,
          numClasses: 2,
          recipe: { backbone: text },
        };
        const reply = await transport.call(method, fields);
        expect(JSON.stringify(reply)).not.toContain(canary);
        if (!reply.ok) expect([method, reply.error.code]).not.toEqual([method, 'internal']);
      }
    }
  });
});
