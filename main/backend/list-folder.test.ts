import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary.ts';
import { listFolder } from './list-folder.ts';

/** Two roots' parent, with one root in it, and what lies beside it. */
async function places(): Promise<{ root: string; outside: string }> {
  const folder = await temporaryFolder();
  const [root, outside] = [path.join(folder, 'root'), path.join(folder, 'outside')];
  for (const one of [path.join(root, 'pets', 'cats'), path.join(root, '.hidden'), outside])
    await mkdir(one, { recursive: true });
  for (const name of ['b10.zip', 'b9.zip', 'labels.csv', 'more.ndjson', 'notes.txt', 'one.JPG', '.secret.zip'])
    await writeFile(path.join(root, name), '');
  return { root, outside };
}
const named = ({ entries }: Awaited<ReturnType<typeof listFolder>>) => entries.map(({ name, kind }) => [name, kind]);

describe('listFolder', () => {
  it('begins with the folders that the server was given', async () => {
    const { root, outside } = await places();
    const top = await listFolder(null, [root, outside]);
    expect(top).toMatchObject({ path: null, parent: null, numMore: 0 });
    expect(top.entries.map((entry) => entry.path)).toEqual([root, outside]);
  });

  it('names folders, archives and lists in the order of people, and counts pictures', async () => {
    const { root } = await places();
    const found = await listFolder(root, [root]);
    expect(named(found)).toEqual([
      ['b9.zip', 'archive'],
      ['b10.zip', 'archive'],
      ['labels.csv', 'list'],
      ['more.ndjson', 'list'],
      ['pets', 'folder'],
    ]);
    expect(found).toMatchObject({ path: root, parent: null, numPictures: 1 });
    expect(await listFolder(path.join(root, 'pets'), [root])).toMatchObject({ parent: root });
  });

  it('shows nothing beyond the roots, and no link that leads there', async () => {
    const { root, outside } = await places();
    await symlink(outside, path.join(root, 'away'), 'junction');
    await symlink(path.join(root, 'pets'), path.join(root, 'zoo'), 'junction');
    const names = named(await listFolder(root, [root])).map(([name]) => name);
    expect(names).toContain('zoo');
    expect(names).not.toContain('away');
    for (const given of [outside, path.join(root, '..'), path.join(root, 'away'), '/', 'pets', `${root}\0`])
      await expect(listFolder(given, [root])).rejects.toMatchObject({ code: 'path-not-allowed' });
    await expect(listFolder(root, [])).rejects.toMatchObject({ code: 'path-not-allowed' });
  });

  it('walks below a root that is a link, under the name that it was given', async () => {
    const { root } = await places();
    const given = path.join(path.dirname(root), 'given');
    await symlink(root, given, 'junction');
    const top = await listFolder(given, [given]);
    expect(top.path).toBe(given);
    const pets = top.entries.find(({ name }) => name === 'pets')!.path;
    expect(await listFolder(pets, [given])).toMatchObject({ path: path.join(given, 'pets'), parent: given });
  });

  it('says what is no folder or is gone', async () => {
    const { root } = await places();
    await expect(listFolder(path.join(root, 'b9.zip'), [root])).rejects.toMatchObject({ code: 'not-a-folder' });
    await expect(listFolder(path.join(root, 'gone'), [root])).rejects.toMatchObject({ code: 'path-not-found' });
  });

  it('stops at a thousand entries and says how many more there are', async () => {
    const { root } = await places();
    const many = path.join(root, 'many');
    await mkdir(many);
    await Promise.all(Array.from({ length: 1003 }, (_, i) => mkdir(path.join(many, String(i)))));
    const found = await listFolder(many, [root]);
    expect([found.entries.length, found.numMore]).toEqual([1000, 3]);
  });
});
