import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from './fixtures.ts';
import { drawPng, writeAll } from './pictures.ts';
import { entriesOfZip } from './zip.ts';

// A broken picture may be asked for before it has been judged.
test.use({ expectedErrors: [/Failed to load resource/] });

test('a mended data set is written as folders, and reads again as it was shown', async ({ graft, folder }) => {
  test.skip(graft.kind === 'electron', 'The desktop asks for a folder in a dialog of the system.');
  const { words, page } = graft;
  const { edits, inspector, write } = words.data;
  const data = path.join(folder, 'pets');
  const drawn = Object.fromEntries(
    ['cats', 'dogs'].flatMap((className, c) =>
      Array.from({ length: 10 }, (_, n) => [`${className}/${n}.png`, drawPng(100 * c + n)] as const),
    ),
  );
  await writeAll(data, { ...drawn, 'cats/broken.png': drawPng(50).subarray(0, 60) });
  const before = readdirSync(data, { recursive: true }).sort();
  await graft.openFolder(data);
  await graft.dataIsReady();

  const chip = (name: string, n: number) => graft.main.getByRole('button', { name: `${name} ${n}`, exact: true });
  const grid = graft.main.getByRole('listbox').getByRole('option');
  await chip('cats', 10).click();
  await grid.first().click();
  const panel = graft.main.getByRole('complementary', { name: inspector.title });
  await panel.getByRole('combobox', { name: edits.relabel }).selectOption('dogs');
  await expect(chip('dogs', 11)).toBeVisible();
  await expect(grid).toHaveCount(9);
  const excluded = path.basename((await panel.getByRole('img').first().getAttribute('alt'))!);
  await panel.getByRole('button', { name: edits.exclude }).click();
  await expect(chip('cats', 8)).toBeVisible();

  const downloading = page.waitForEvent('download');
  await graft.button(write.start).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('pets.zip');
  const report = graft.main.getByRole('group', { name: write.start });
  await expect(report.getByText(write.titleArchive)).toBeVisible();
  const file = path.join(folder, 'written.zip');
  await download.saveAs(file);
  const bytes = readFileSync(file);

  const names = entriesOfZip(bytes).map(({ name }) => name);
  const inClass = (className: string) => names.filter((name) => name.split('/')[1] === className);
  expect([names.length, inClass('cats').length, inClass('dogs').length]).toEqual([19, 8, 11]);
  expect(new Set(names.map((name) => name.split('/')[0]))).toEqual(new Set(['train', 'validation', 'test']));
  expect(inClass('cats').filter((name) => [excluded, 'broken.png'].includes(path.basename(name)))).toEqual([]);
  expect(readdirSync(data, { recursive: true }).sort()).toEqual(before);
  // Stored as they are: each picture's bytes stand in the archive.
  expect(Object.values(drawn).filter((picture) => bytes.includes(picture))).toHaveLength(19);

  // The archive is a data set again.
  await report.getByRole('button', { name: write.close }).click();
  await expect(report).toBeHidden();
  await graft.button(words.data.addPictures).click();
  await graft.main.getByLabel(words.data.empty.openArchive).and(graft.main.locator('input')).setInputFiles(file);
  await expect(chip('dogs', 11)).toBeVisible({ timeout: 30_000 });
  await expect(chip('cats', 8)).toBeVisible();
  await graft.dataIsReady();
  await expect(graft.main.getByText(words.data.splitFrom.folders)).toBeVisible();
});
