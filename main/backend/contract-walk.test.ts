import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { methods, type MethodName } from '../../contract/contract.ts';
import { testBackend } from '../testing/backend.ts';
import { hostileStrings } from '../testing/hostile-strings.ts';
import { stringFieldsOf } from '../testing/schema-strings.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const canary = 'canary-7c1e';

/** A folder that may be read, with a link out of it, beside a secret; and somebody who listens on this machine. */
async function trap() {
  const place = await temporaryFolder();
  const root = path.join(place, 'root');
  const elsewhere = path.join(place, 'elsewhere');
  for (const folder of [root, elsewhere, path.join(elsewhere, 'cats')]) mkdirSync(folder);
  for (const name of ['secret', 'labels.csv', 'cats/a.jpg', 'model.json'])
    writeFileSync(path.join(elsewhere, name), canary);
  symlinkSync(elsewhere, path.join(root, 'out'));
  symlinkSync(path.join(elsewhere, 'labels.csv'), path.join(root, 'out.csv'));
  let numHits = 0;
  const server = createServer((_, response) => {
    numHits++;
    response.end(canary);
  });
  server.on('connection', () => numHits++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const hosts = ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', '2130706433', '0x7f.1', '127.1', '[::ffff:127.0.0.1]'];
  const texts = hostileStrings([
    ...hosts.flatMap((host) => ['http', 'https'].map((scheme) => `${scheme}://${host}:${port}/pets.zip`)),
    `//127.0.0.1:${port}/pets.zip`,
    ...['secret', 'labels.csv', 'cats', 'model.json', ''].flatMap((name) => [
      path.join(elsewhere, name),
      `${root}/../elsewhere/${name}`,
      `${root}/out/${name}`,
      `file://${elsewhere}/${name}`,
    ]),
    `${root}/out.csv`,
  ]);
  return { place, root, elsewhere, texts, hits: () => numHits };
}
const tree = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map(
      (entry) =>
        `${path.join(entry.parentPath, entry.name)} ${entry.isFile() ? readFileSync(path.join(entry.parentPath, entry.name), 'latin1') : ''}`,
    )
    .sort();

describe('every string field of every method', () => {
  it('gets nothing from outside, asks nobody, and is refused by a code', { timeout: 240_000 }, async () => {
    const { place, root, elsewhere, texts, hits } = await trap();
    expect(texts.length).toBeGreaterThanOrEqual(220);
    const before = tree(elsewhere);
    const { backend } = await testBackend({ roots: [root] });
    const walked: string[] = [];
    for (const method of Object.keys(methods) as MethodName[]) {
      for (const { name, withText } of stringFieldsOf(methods[method].input)) {
        walked.push(`${method} ${name}`);
        for (const text of texts) {
          const reply = await backend.call(method, withText(text));
          const told = JSON.stringify(reply);
          expect(told.includes(canary), `${method} ${name} ${JSON.stringify(text)}`).toBe(false);
          const leadsOut = text.startsWith(place) && /(^|\.)(path|paths\[\]|out)$/.test(name);
          expect(leadsOut && reply.ok, `${method} ${name} ${text}`).toBe(false);
          if (!reply.ok) expect([method, name, text, reply.error.code]).not.toEqual([method, name, text, 'internal']);
        }
      }
    }
    // The walk has found the fields that peers had holes in.
    for (const field of [
      'dataset.add path',
      'dataset.addLink url',
      'picture.add paths[]',
      'model.export out',
      'dataset.edit edit.images.imageIds[]',
    ])
      expect(walked).toContain(field);
    expect(hits()).toBe(0);
    expect(tree(elsewhere)).toEqual(before);
    expect(readdirSync(place).sort()).toEqual(['elsewhere', 'root']);
  });
});
