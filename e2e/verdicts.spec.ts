import { appendFileSync, copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { copySome, photographs } from './pictures.ts';
import { ModelPage, TrainPage } from './pages/screens.ts';
import type { GraftWindow } from './pages/window.ts';

const source = photographs();
test.skip(source === null, 'There are no photographs on this machine.');

/** Twelve cats and twelve dogs, given parts, and some of the things that are wrong with real folders. */
async function spoiltFolder(folder: string): Promise<string> {
  const data = path.join(folder, 'pets');
  await copySome(source!, data, { train: 12, validation: 3, test: 3 });
  const [cat, other] = readdirSync(path.join(data, 'train/cats')).sort() as [string, string];
  const from = (name: string): string => path.join(data, 'train/cats', name);
  copyFileSync(from(cat), path.join(data, 'test/cats/leaked.jpg'));
  copyFileSync(from(other), path.join(data, 'train/dogs/both.jpg'));
  return data;
}
const chip = (graft: GraftWindow, name: string, n: number) =>
  graft.main.getByRole('button', { name: `${name} ${n}`, exact: true });
const cells = (page: Page) => page.getByRole('listbox').getByRole('option');

test('what is wrong with the files is told, listed, saved as CSV and mended in one click', async ({
  graft,
  folder,
}) => {
  const { words, page } = graft;
  const { verdicts, data } = words;
  await graft.openFolder(await spoiltFolder(folder));
  await graft.dataIsReady();
  await expect(graft.main.getByText(data.warnings.leak({ numImages: 2 }))).toBeVisible();
  await expect(graft.main.getByText(data.warnings['two-classes']({ numImages: 2 }))).toBeVisible();
  await expect(graft.main.getByText(data.warnings.duplicates({ numImages: 2 }))).toBeVisible();

  // The list, by kind, and as a file.
  await graft.main.getByRole('button', { name: verdicts.open, exact: true }).click();
  const list = page.getByRole('dialog', { name: verdicts.title });
  await list.getByRole('combobox', { name: verdicts.filter }).selectOption('leak');
  await expect(list.getByRole('listitem')).toHaveCount(2);
  await expect(list.getByText('test/cats/leaked.jpg', { exact: true })).toBeVisible();
  const download = page.waitForEvent('download');
  await list.getByRole('button', { name: verdicts.csv }).click();
  const saved = readFileSync(await (await download).path(), 'utf8')
    .trim()
    .split('\r\n');
  expect(saved).toHaveLength(3);
  expect(saved.some((line) => line.startsWith('test/cats/leaked.jpg,cats,test,leak,'))).toBe(true);
  await list.getByRole('button', { name: data.close }).click();

  // Only those, and what the inspector says of one.
  await graft.main.getByRole('button', { name: verdicts.show }).first().click();
  await expect(cells(page)).toHaveCount(2);
  await cells(page).first().click();
  const panel = graft.main.getByRole('complementary', { name: data.inspector.title });
  await expect(panel.getByText(/leaked\.jpg|train\/cats/).first()).toBeVisible();
  await expect(panel.getByText('JPEG')).toBeVisible();

  // One click each; the leak's training copy and the copies go, and come back.
  await graft.main.getByRole('button', { name: verdicts.mend.leakGiven }).click();
  await expect(graft.main.getByText(data.warnings.leak({ numImages: 2 }))).toBeHidden();
  await expect(chip(graft, data.edits.excluded, 1)).toBeVisible();
  await graft.main.getByRole('button', { name: verdicts.mend['two-classes'] }).click();
  await expect(chip(graft, data.edits.excluded, 3)).toBeVisible();
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await expect(graft.main.getByText(data.warnings.leak({ numImages: 2 }))).toBeVisible();
});

test('many pictures are selected by mouse and keys, dragged onto a class, and moved at once', async ({
  graft,
  folder,
}) => {
  const { words, page } = graft;
  const { selection } = words.verdicts;
  const data = path.join(folder, 'pets');
  await copySome(source!, data, { train: 6, validation: 3, test: 3 });
  await graft.openFolder(data);
  await graft.dataIsReady();
  await chip(graft, 'cats', 12).click();
  const grid = page.getByRole('listbox');
  await expect(cells(page)).toHaveCount(12);
  await cells(page)
    .nth(1)
    .click({ modifiers: ['ControlOrMeta'] });
  await cells(page)
    .nth(4)
    .click({ modifiers: ['Shift'] });
  const bar = graft.main.getByRole('group', { name: selection.title });
  await expect(bar.getByText(selection.count(4))).toBeVisible();
  await grid.focus();
  await page.keyboard.press('2');
  await expect(chip(graft, 'dogs', 16)).toBeVisible();
  await expect(bar).toBeHidden();

  // By keys alone, all that is shown, into the test part.
  await chip(graft, 'cats', 8).click();
  await grid.focus();
  await page.keyboard.press('Control+a');
  await expect(bar.getByText(selection.count(8))).toBeVisible();
  await bar.getByRole('combobox', { name: selection.move }).selectOption('test');
  await expect(graft.main.getByText(words.data.splitFrom.edited)).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(graft.main.getByText(words.data.splitFrom.folders)).toBeVisible();

  // Dragged onto the chip of the other class.
  await cells(page)
    .first()
    .dragTo(chip(graft, 'dogs', 16));
  await expect(chip(graft, 'dogs', 17)).toBeVisible();
  expect(readdirSync(path.join(data, 'train/cats'))).toHaveLength(6);
});

test('pictures are searched and sorted; classes are renamed, merged and removed; the split is drawn again', async ({
  graft,
  folder,
}) => {
  const { words, page } = graft;
  const { verdicts } = words;
  const data = path.join(folder, 'pets');
  await copySome(source!, data, { train: 8, validation: 3, test: 3 });
  await graft.openFolder(data);
  await graft.dataIsReady();
  const name = readdirSync(path.join(data, 'train/dogs'))[0]!;
  await graft.main.getByRole('searchbox', { name: verdicts.search }).fill(`dogs/${name}`);
  await expect(cells(page)).toHaveCount(1);
  await graft.main.getByRole('searchbox', { name: verdicts.search }).fill('');
  await graft.main.getByRole('combobox', { name: verdicts.order }).selectOption('size');
  await graft.main.getByRole('button', { name: verdicts.ascending }).click();
  await expect(graft.main.getByRole('button', { name: verdicts.descending })).toBeVisible();
  const sizeOf = (file: string): number => readFileSync(path.join(data, file)).length;
  const files = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.jpg'));
  const largest = files.sort((a, b) => sizeOf(b) - sizeOf(a))[0]!.replaceAll('\\', '/');
  await expect(cells(page).first()).toHaveAccessibleName(new RegExp(`${largest}$`));

  await chip(graft, 'cats', 14).click();
  const tools = graft.main.getByRole('group', { name: verdicts.classes.tools('cats') });
  await tools.getByRole('button', { name: verdicts.classes.rename }).click();
  await tools.getByRole('textbox', { name: verdicts.classes.newName }).fill('felines');
  await page.keyboard.press('Enter');
  await expect(chip(graft, 'felines', 14)).toHaveAttribute('aria-pressed', 'true');

  await graft.main.getByRole('button', { name: verdicts.drawing.open }).click();
  const drawing = page.getByRole('dialog', { name: verdicts.drawing.title });
  await drawing.getByRole('spinbutton', { name: verdicts.drawing.test }).fill('0');
  await drawing.getByRole('spinbutton', { name: verdicts.drawing.validation }).fill('50');
  await drawing.getByRole('button', { name: verdicts.drawing.draw, exact: true }).click();
  await expect(drawing).toBeHidden();
  await expect(graft.main.getByText(`${words.data.splitShort.validation} 14`)).toBeVisible();
});

test('a picture tells its size, its camera and that it was turned', async ({ graft, folder }) => {
  const turned = path.join(source!, '../hostile/images/sharp_Landscape_6.jpg');
  test.skip(!existsSync(turned), 'There are no hostile pictures on this machine.');
  const data = path.join(folder, 'pets');
  await copySome(source!, data, { train: 4, validation: 2, test: 2 });
  copyFileSync(turned, path.join(data, 'train/cats/0-turned.jpg'));
  await graft.openFolder(data);
  await graft.dataIsReady();
  await graft.main
    .getByRole('combobox', { name: graft.words.verdicts.verdict })
    .selectOption({ label: graft.words.verdicts.counted(graft.words.verdicts.kinds.turned, 1) });
  await cells(graft.page).first().click();
  const panel = graft.main.getByRole('complementary', { name: graft.words.data.inspector.title });
  await expect(panel.getByText(graft.words.verdicts.sentence({ kind: 'turned' }))).toBeVisible();
  await expect(panel.getByText(/600 × 450/)).toBeVisible();
});

test('a file that changed since it was read stops a training before it begins, by name', async ({ graft, folder }) => {
  const { words } = graft;
  const data = path.join(folder, 'pets');
  await copySome(source!, data, { train: 12, validation: 3, test: 3 });
  await graft.openFolder(data);
  await graft.dataIsReady();
  const name = readdirSync(path.join(data, 'train/cats'))[0]!;
  appendFileSync(path.join(data, 'train/cats', name), 'x');
  const model = new ModelPage(graft);
  await graft.open('model');
  await model.trainButton.click();
  await expect(graft.notices.getByText(`train/cats/${name}`)).toBeVisible();
  await graft.open('data');
  await graft.button(words.data.readAgain).click();
  await graft.dataIsReady();
  await graft.open('model');
  await model.trainButton.click();
  await new TrainPage(graft).isIn('finished');
});
