import path from 'node:path';
import { expect, test } from './fixtures.ts';
import { copySome, photographs } from './pictures.ts';

const source = photographs();
test.skip(source === null, 'There are no photographs on this machine.');

test('class counts and picture sizes are drawn; a class or a size leads to its pictures', async ({ graft, folder }) => {
  const { words, page } = graft;
  const { charts, grid, map } = words.data;
  const data = path.join(folder, 'pets');
  await copySome(source!, data, { train: 6, validation: 3, test: 3 });
  await graft.openFolder(data);
  await graft.dataIsReady();

  await graft.main.getByRole('radio', { name: charts.charts }).check();
  const parts = `${words.data.splits.train} 6, ${words.data.splits.validation} 3, ${words.data.splits.test} 3`;
  await expect(graft.main.getByRole('button', { name: charts.classInParts('dogs', 12, parts) })).toBeVisible();
  await expect(graft.main.getByRole('img', { name: /^Plot of/ })).toBeVisible();
  const common = graft.main.getByRole('list', { name: charts.commonSizes }).getByRole('button').first();
  const numOfSize = Number(/: (\d+) picture/.exec(await common.innerText())![1]);
  await common.click();

  // Now the grid, with pictures of that size only, until the size is taken off.
  await expect(page.getByRole('listbox', { name: grid(numOfSize) })).toBeVisible();
  await graft.main.getByRole('button', { name: charts.anySize }).click();
  await expect(page.getByRole('listbox', { name: grid(24) })).toBeVisible();

  await graft.main.getByRole('radio', { name: charts.charts }).check();
  await graft.main.getByRole('button', { name: charts.classInParts('dogs', 12, parts) }).click();
  await expect(page.getByRole('listbox', { name: grid(12) })).toBeVisible();
  await expect(graft.main.getByRole('radio', { name: map.grid })).toBeChecked();
});
