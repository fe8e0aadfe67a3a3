import path from 'node:path';
import { mkdir } from 'node:fs/promises';
import { expect, test } from './fixtures.ts';
import { ModelPage, TrainPage } from './pages/screens.ts';
import { drawPng, writeAll } from './pictures.ts';

test.use({ expectedErrors: [/Failed to load resource/] }); // refusals have statuses of their own

const several = (className: string, first: number): Record<string, Buffer> =>
  Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`${className}/${n}.png`, drawPng(first + n)]));

test('one class only: says that a model needs two', async ({ graft, folder }) => {
  await writeAll(folder, several('data/cats', 10));
  await graft.openFolder(path.join(folder, 'data'));
  await expect(graft.says(graft.words.data.warnings['one-class']({ className: 'cats' }))).toBeVisible();
  await expect(graft.button(graft.words.data.next)).toBeDisabled();
});

test('a class of one picture: says how many it needs', async ({ graft, folder }) => {
  await writeAll(folder, { ...several('data/cats', 10), 'data/dogs/only.png': drawPng(200) });
  await graft.openFolder(path.join(folder, 'data'));
  await expect(graft.says(/“dogs” has 1 picture and needs at least \d/)).toBeVisible();
  await expect(graft.button(graft.words.data.next)).toBeDisabled();
});

test('an empty folder: says that there are no pictures', async ({ graft, folder }) => {
  await mkdir(path.join(folder, 'nothing'));
  await graft.openFolder(path.join(folder, 'nothing'));
  await expect(graft.says(/No (usable )?pictures were found/)).toBeVisible();
});

test('broken files: says what is wrong with them', async ({ graft, folder }) => {
  const cut = drawPng(1).subarray(0, 60);
  await writeAll(path.join(folder, 'broken'), {
    'cats/1.jpg': 'no picture',
    'cats/2.png': cut,
    'dogs/1.jpg': '',
    'dogs/2.png': cut,
  });
  await graft.openFolder(path.join(folder, 'broken'));
  await expect(graft.says(/None of the 4 files|No usable pictures/)).toBeVisible();
});

test('a file where a folder is expected: says so', async ({ graft, folder }) => {
  await writeAll(folder, { 'cat.png': drawPng(9) });
  await graft.openFolder(path.join(folder, 'cat.png'));
  await expect(graft.says(/is a file, and a folder of pictures was expected/)).toBeVisible();
});

test('a dropped zip that is none and a dropped picture: say what is wrong and what to drop instead', async ({
  graft,
}) => {
  test.skip(graft.kind === 'electron', 'A drop made by a script has no path.');
  const { drop } = graft.words.data;
  await graft.dropFiles([{ name: 'pets.zip', type: 'application/zip', bytes: Buffer.from('PK') }]);
  await expect(graft.says(/pets\.zip|pets cannot be unpacked/)).toBeVisible();
  await graft.dropFiles([{ name: 'cat.png', type: 'image/png', bytes: drawPng(3) }]);
  await expect(graft.says(drop.oneFolder)).toBeVisible();
});

test.describe('with the sample read', () => {
  test.use({ startsTrained: true });

  test('a run that is stopped can be started again, and a reload finds it going on', async ({ graft }) => {
    await graft.open('model');
    const model = new ModelPage(graft);
    await model.set({ epochs: 1000, batchSize: 1 });
    await model.trainButton.click();
    const train = new TrainPage(graft);
    const epoch = train.number(graft.words.train.numbers.epoch);
    await expect(epoch).toContainText(/[1-9]\d* \/ 1000/, { timeout: 150_000 });
    await graft.page.reload();
    await graft.isAt('train');
    await train.isIn('running');
    await expect(epoch).toContainText(/[1-9]\d* \/ 1000/);
    await train.stopButton.click();
    await train.isIn('stopped', 30_000);
    await graft.button(graft.words.train.again).click();
    await train.isIn('running');
    await expect(epoch).toContainText(/[1-9]\d* \/ 1000/, { timeout: 150_000 });
    await train.stopButton.click();
    await train.isIn('stopped', 30_000);
  });
});
