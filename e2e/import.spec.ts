import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { expect, test } from './fixtures.ts';
import { UsePage } from './pages/screens.ts';
import { drawPng } from './pictures.ts';

test.use({ startsTrained: true });

test('a model that left comes in again, answers with the same numbers and is measured; what is none says so', async ({
  graft,
  folder,
}) => {
  test.setTimeout(400_000);
  test.skip(graft.kind === 'electron', 'The desktop writes into a folder that its own dialog chooses.');
  const { words } = graft;
  const text = words.use.open;
  const picture = path.join(folder, 'grey.png');
  await writeFile(picture, drawPng(120));

  await graft.open('export');
  await graft.button(words.exporting.exportAs(words.exporting.formats.tfjs.name)).click();
  await expect(graft.button(words.exporting.download)).toBeVisible({ timeout: 120_000 });
  const downloading = graft.page.waitForEvent('download');
  await graft.button(words.exporting.download).click();
  const archive = path.join(folder, 'Animals.zip');
  await (await downloading).saveAs(archive);

  await graft.open('use');
  const use = new UsePage(graft);
  await use.choosePicture(picture);
  await expect(use.answers.first()).toBeVisible({ timeout: 60_000 });
  const before = await use.answers.allInnerTexts();

  // What is no model is refused in words.
  const note = path.join(folder, 'note.h5');
  await writeFile(note, 'a note');
  const chooser = graft.main.getByLabel(text.open).and(graft.main.locator('input'));
  await chooser.setInputFiles(note);
  await expect(graft.page.getByText('cannot be read as a model')).toBeVisible({ timeout: 60_000 });

  await chooser.setInputFiles(archive);
  await expect(graft.page.getByText(text.opened('Animals', before.length))).toBeVisible({ timeout: 120_000 });
  await expect(
    graft.main.getByText(words.use.asks(words.frame.switchers.runName(3, 'Animals'), 'Animals')),
  ).toBeVisible();
  await expect.poll(() => use.answers.allInnerTexts(), { timeout: 60_000 }).toEqual(before);

  // It has no curves, and is measured on the pictures that are open.
  await graft.open('train');
  await expect(graft.main.getByText(words.train.imported.unknown)).toBeVisible();
  await graft.button(words.train.imported.measure).click();
  await graft.isAt('understand');
  await graft.main.getByRole('button', { name: /^Measure on/ }).click();
  await expect(graft.main.getByText(/^\d+ of \d+ right$/)).toBeVisible({ timeout: 120_000 });
});
