import { expect, test } from './fixtures.ts';
import { ModelPage, TrainPage, UsePage } from './pages/screens.ts';
import { screenNames } from './pages/window.ts';
import { drawPng } from './pictures.ts';

test.use({ startsTrained: true });

test('while a run trains, everything else answers', async ({ graft }) => {
  const { words, page } = graft;
  await graft.open('model');
  await new ModelPage(graft).set({ epochs: 1000, batchSize: 1 });
  await new ModelPage(graft).trainButton.click();
  await expect(graft.status).toContainText(words.frame.status.epoch(2, 1000), { timeout: 150_000 });

  for (const screen of screenNames) {
    await graft.open(screen);
    await expect(graft.status).toContainText(words.frame.status.run(3));
    await expect(page).toHaveTitle(/^\d+ % - Graft$/);
  }

  await graft.open('data');
  const grid = graft.main.getByRole('listbox');
  await grid.focus();
  await page.keyboard.press('End');
  // By its place: cells are used again, in no order.
  const size = await grid.getByRole('option').first().getAttribute('aria-setsize');
  const last = grid.locator(`[role=option][aria-posinset="${size}"]`);
  await expect(last.locator('img')).toHaveClass(/here/, { timeout: 150_000 });

  await graft.open('use');
  await page.getByRole('combobox', { name: words.frame.switchers.run, exact: true }).selectOption({
    label: words.frame.switchers.runName(1, words.frame.heads.gap),
  });
  await graft.dropFiles([{ name: 'grey.png', type: 'image/png', bytes: drawPng(120) }]);
  await expect(new UsePage(graft).answers.first()).toContainText(/\d %/, { timeout: 150_000 });
  await expect(graft.status).toContainText(words.frame.status.run(3));

  await graft.status.getByRole('button', { name: words.frame.status.stop }).click();
  await expect(graft.status).toContainText(words.frame.status.ready, { timeout: 150_000 });
  await graft.open('train');
  await expect(new TrainPage(graft).number(words.train.numbers.validationAccuracy)).toContainText('%');
});
