import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from './fixtures.ts';
import { copySome, photographs } from './pictures.ts';

const source = photographs();
test.skip(source === null, 'There are no photographs on this machine.');

test('a picture gets another class, another part, is taken out, and all of it is undone', async ({ graft, folder }) => {
  const { words, page } = graft;
  const { edits, inspector } = words.data;
  const data = path.join(folder, 'cats and dogs');
  await copySome(source!, data, { train: 6, validation: 3, test: 3 });
  const files = readdirSync(data, { recursive: true }).sort();
  await graft.openFolder(data);
  await graft.dataIsReady();

  const chip = (name: string, n: number) => graft.main.getByRole('button', { name: `${name} ${n}`, exact: true });
  await expect(chip('cats', 12)).toBeVisible();
  const grid = graft.main.getByRole('listbox');
  await grid.getByRole('option').first().click();
  const panel = graft.main.getByRole('complementary', { name: inspector.title });
  await panel.getByRole('combobox', { name: edits.relabel }).selectOption('dogs');
  await expect(chip('cats', 11)).toBeVisible();
  await expect(chip('dogs', 13)).toBeVisible();

  // By key, back to the first class; then into another part, and out.
  await panel.getByRole('button', { name: inspector.next }).focus();
  await page.keyboard.press('1');
  await expect(chip('cats', 12)).toBeVisible();
  await panel.getByRole('combobox', { name: edits.move }).selectOption('validation');
  await expect(graft.main.getByText(words.data.splitFrom.edited)).toBeVisible();
  await panel.getByRole('button', { name: edits.exclude }).click();
  await expect(chip('cats', 11)).toBeVisible();
  await chip(edits.excluded, 1).click();
  await expect(grid.getByRole('option')).toHaveCount(1);

  for (let step = 0; step < 4; step++) {
    const undo = graft.main.getByRole('group', { name: edits.history }).getByRole('button').first();
    await expect(undo).toBeEnabled();
    const name = (await undo.getAttribute('aria-label'))!;
    await page.keyboard.press('Control+z');
    await expect(graft.main.getByRole('button', { name, exact: true })).toBeHidden();
  }
  await expect(chip('cats', 12)).toBeVisible();
  await expect(graft.main.getByText(words.data.splitFrom.folders)).toBeVisible();
  await page.keyboard.press('Control+Shift+z');
  await expect(chip('dogs', 13)).toBeVisible();
  expect(readdirSync(data, { recursive: true }).sort()).toEqual(files);
});
