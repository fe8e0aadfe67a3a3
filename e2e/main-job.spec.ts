import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from './fixtures.ts';
import { ExportPage, fractionIn, ModelPage, TrainPage, UsePage } from './pages/screens.ts';
import { copySome, photographs } from './pictures.ts';
import { entriesOfZip } from './zip.ts';

const source = photographs();
test.skip(source === null, 'There are no photographs on this machine.');

test('photographs in a folder: heads compared, a picture asked about, the model exported', async ({
  graft,
  folder,
}) => {
  test.setTimeout(240_000);
  const { words } = graft;
  const data = path.join(folder, 'cats and dogs');
  await copySome(source!, data, { train: 40, validation: 20, test: 20 });

  await graft.openFolder(data);
  await graft.dataIsReady();
  const classes = graft.main.getByRole('region', { name: words.data.classes });
  for (const name of ['cats', 'dogs']) {
    await expect(classes.getByRole('listitem').filter({ hasText: name })).toContainText('80');
  }
  await expect(classes).toContainText(words.data.splitFrom.folders);

  await graft.button(words.data.next).click();
  const model = new ModelPage(graft);
  await expect(model.head('gap')).toContainText(words.model.head.parameters('2,562'));
  await expect(model.head('flatten')).toContainText(words.model.head.parameters('125,442'));
  await model.set({ epochs: 4 });
  await graft.button(words.model.compare).click();

  await graft.isAt('compare');
  for (const [name, parameters] of [
    ['GAP', '2,562'],
    ['Flatten', '125,442'],
  ] as const) {
    const column = graft.main.getByRole('region', { name, exact: true });
    await expect(column).toContainText(parameters, { timeout: 150_000 });
    await expect(column).toContainText(/\d %\s+to\s+\d/);
    expect(fractionIn(await column.innerText())).toBeGreaterThan(0.8);
  }
  const curves = graft.main.getByRole('table', { name: words.train.charts.table(words.train.charts.accuracy) });
  await expect(curves.getByRole('row')).toHaveCount(5);
  const { more, notMore, same } = words.compare.contrast;
  await expect(
    graft.main.getByText(more).or(graft.main.getByText(notMore)).or(graft.main.getByText(same)),
  ).toBeVisible();

  await graft.open('use');
  const cat = path.join(data, 'test', 'cats', (await readdir(path.join(data, 'test', 'cats')))[0]!);
  await new UsePage(graft).choosePicture(cat);
  const best = new UsePage(graft).answers.first();
  await expect(best).toContainText('cats');
  expect(fractionIn(await best.innerText())).toBeGreaterThan(0.5);

  await graft.open('export');
  const exports = new ExportPage(graft);
  await exports.export('tfjs');
  await expect(graft.main.getByText(words.exporting.same(32))).toBeVisible({ timeout: 150_000 });
  test.skip(graft.kind === 'electron', 'The desktop writes a folder; there is nothing to download.');
  const names = entriesOfZip(await exports.download('tfjs')).map(({ name }) => path.basename(name));
  expect(names).toEqual(expect.arrayContaining(['model.json', 'labels.json', 'parity.json']));
});

test('photographs uploaded through the browser train as well', async ({ graft, folder }) => {
  test.skip(graft.kind === 'electron', 'The desktop reads folders where they lie.');
  const { words } = graft;
  const data = path.join(folder, 'some pets');
  const numPictures = await copySome(source!, data, { train: 10, validation: 5, test: 5 });
  await graft.uploadFolder(data);
  await graft.dataIsReady();
  await expect(graft.step('data')).toContainText(words.frame.facts.dataset(numPictures, 2));
  await expect(graft.main.getByText(words.data.uploaded('some pets'))).toBeVisible();
  await graft.button(words.data.next).click();
  await new ModelPage(graft).set({ epochs: 5 });
  await new ModelPage(graft).trainButton.click();
  const train = new TrainPage(graft);
  await train.isIn('finished');
  expect(await train.validationAccuracy()).toBeGreaterThan(0.6);
});
