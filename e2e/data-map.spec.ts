import axe from 'axe-core';
import { readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from './fixtures.ts';
import { copySome, photographs } from './pictures.ts';
import type { GraftWindow } from './pages/window.ts';

const source = photographs();
test.skip(source === null, 'There are no photographs on this machine.');
test.use({ contextOptions: { reducedMotion: 'reduce', bypassCSP: true } });

/** Cats and dogs, of which one cat lies among the dogs; drawn on the map. */
async function mapped(graft: GraftWindow, folder: string): Promise<void> {
  const data = path.join(folder, 'cats and dogs');
  await copySome(source!, data, { train: 14, validation: 4, test: 4 });
  const [cat] = (await readdir(path.join(data, 'train', 'cats'))).sort();
  await rename(path.join(data, 'train', 'cats', cat!), path.join(data, 'train', 'dogs', 'a-cat.jpg'));
  await graft.openFolder(data);
  await graft.dataIsReady();
  const { map } = graft.words.data;
  await graft.main.getByText(map.map, { exact: true }).click();
  await graft.button(map.draw).click();
  await expect(graft.main.getByRole('listbox', { name: /^Map of 44 pictures/ })).toBeVisible({ timeout: 60_000 });
}
const chip = (graft: GraftWindow, name: string, n: number) =>
  graft.main.getByRole('button', { name: `${name} ${n}`, exact: true });

test('a picture with a wrong label is named on the map, put right at a press, and put back', async ({
  graft,
  folder,
}) => {
  const { words, page } = graft;
  const { map, edits, inspector } = words.data;
  await mapped(graft, folder);
  await expect(chip(graft, 'cats', 21)).toBeVisible();
  const suspects = graft.main.getByRole('region', { name: map.suspects.title });
  const row = suspects.getByRole('listitem').filter({ has: page.getByRole('button', { name: /a-cat\.jpg$/ }) });
  await expect(row.getByText(map.suspects.says('dogs', 'cats'))).toBeVisible();

  // It opens in the inspector from the list.
  await row.getByRole('button', { name: map.suspects.open('train/dogs/a-cat.jpg') }).click();
  const panel = graft.main.getByRole('complementary', { name: inspector.title });
  await expect(panel.getByText('train/dogs/a-cat.jpg')).toBeVisible();
  await panel.getByRole('button', { name: inspector.close }).click();

  const numBefore = await suspects.getByRole('listitem').count();
  await row.getByRole('button', { name: map.suspects.relabelOf('train/dogs/a-cat.jpg', 'cats') }).click();
  await expect(chip(graft, 'cats', 22)).toBeVisible();
  await expect(suspects.getByRole('listitem')).toHaveCount(numBefore - 1);
  await expect(graft.main.getByRole('listbox', { name: /^Map of 44 pictures: cats 22 and dogs 22/ })).toBeVisible();
  await graft.main.getByRole('group', { name: edits.history }).getByRole('button').first().click();
  await expect(chip(graft, 'cats', 21)).toBeVisible();
  await expect(row).toBeVisible();
  await row.getByRole('button', { name: map.suspects.rightOf('train/dogs/a-cat.jpg') }).click();
  await expect(row).toBeHidden();
  await expect(chip(graft, 'cats', 21)).toBeVisible();
});

test('the map is walked by keys, selected by a box, and what is selected is taken out in one step', async ({
  graft,
  folder,
}) => {
  const { words, page } = graft;
  const { map, edits, inspector } = words.data;
  await mapped(graft, folder);
  const board = graft.main.getByRole('listbox');
  await board.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(board.getByRole('option')).toBeVisible();
  const first = await board.getByRole('option').getAttribute('aria-posinset');
  for (const key of ['ArrowLeft', 'ArrowUp', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  expect(first).not.toBeNull();
  await page.keyboard.press('+');
  await page.keyboard.press('Enter');
  const panel = graft.main.getByRole('complementary', { name: inspector.title });
  await expect(panel).toBeVisible();
  await panel.getByRole('button', { name: inspector.next }).click();
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();

  await board.focus();
  await page.keyboard.press('0');
  await page.keyboard.press('Space');
  await expect(graft.main.getByText(map.selected(1))).toBeVisible();
  const box = (await board.boundingBox())!;
  await page.mouse.move(box.x + 2, box.y + 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.move(box.x + box.width - 2, box.y + box.height - 2);
  await page.mouse.up();
  await expect(graft.main.getByText(map.selected(44))).toBeVisible();

  const selection = graft.main.getByRole('group', { name: map.selection });
  await selection.getByRole('combobox', { name: map.relabel }).selectOption('cats');
  await expect(chip(graft, 'cats', 44)).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(chip(graft, 'cats', 21)).toBeVisible();

  await board.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await selection.getByRole('button', { name: map.exclude }).click();
  await expect(chip(graft, edits.excluded, 1)).toBeVisible();
  await expect(graft.main.getByRole('listbox', { name: /^Map of 43 pictures/ })).toBeVisible();
  await expect(graft.main.getByText(map.changed)).toBeHidden();

  await page.evaluate(axe.source);
  for (const theme of ['light', 'dark'] as const) {
    await graft.setTheme(theme);
    // A colour on its way from one to another has no contrast to judge.
    await page.waitForFunction(() => document.getAnimations().length === 0);
    const found = await page.evaluate(async () => {
      const { axe: engine } = window as unknown as { axe: typeof axe };
      const { violations } = await engine.run(document, {
        runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag22aa'] },
      });
      return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
    });
    expect.soft(found, theme).toEqual([]);
  }
});
