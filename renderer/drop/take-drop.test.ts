import { describe, expect, it } from 'vitest';
import { GraftError } from '../../contract/errors.ts';
import { wordsFor } from '../../strings/index.ts';
import type { AppState } from '../state/app.svelte.ts';
import { NoticeState } from '../state/notices.svelte.ts';
import { addArchives, addPaths } from './take-drop.ts';

/** An app that adds everything but what is called bad, and shows what it has to say. */
function appWithout(bad: GraftError) {
  const added: string[] = [];
  const add = async (name: string): Promise<void> => {
    if (name.includes('bad')) throw bad;
    added.push(name);
  };
  const words = wordsFor('en');
  const notices = new NoticeState(() => words);
  const datasets = { addPath: add, addArchive: (file: File) => add(file.name) };
  const app = { words, notices, datasets, go: () => undefined } as unknown as AppState;
  return { app, added, said: () => notices.list.map(({ tone, text }) => [tone, text]) };
}
const full = new GraftError('disk-full', { path: '/home/files' });
const sentence = wordsFor('en').error(full);

describe('what was dropped at once', () => {
  it('is added but for the folder that fails, which is told by its name', async () => {
    const { app, added, said } = appWithout(full);
    await addPaths(app, ['/pictures/first', 'C:\\pictures\\bad\\', '/pictures/last']);
    expect(added).toEqual(['/pictures/first', '/pictures/last']);
    expect(said()).toEqual([['error', `bad: ${sentence}`]]);
  });

  it('is told by its name though that stands in the sentence by chance', async () => {
    const { app, said } = appWithout(full);
    await addPaths(app, ['/pictures/bad/home', '/pictures/bad/files', '/pictures/last']);
    expect(said()).toEqual([
      ['error', `home: ${sentence}`],
      ['error', sentence], // its path ends in that name
    ]);
  });

  it('is added but for the archive that fails, named once', async () => {
    const damaged = new GraftError('archive-damaged', { path: 'bad.zip', problem: 'corrupt' });
    const { app, added, said } = appWithout(damaged);
    await addArchives(app, [new File([], 'bad.zip'), new File([], 'good.zip')]);
    expect(added).toEqual(['good.zip']);
    expect(said()).toEqual([['error', wordsFor('en').error(damaged)]]);
    expect(said()[0]![1]).toContain('bad.zip');
  });

  it('fails as its only part does', async () => {
    const { app, said } = appWithout(full);
    await expect(addPaths(app, ['/pictures/bad'])).rejects.toBe(full);
    expect(said()).toEqual([]);
  });
});
