import path from 'node:path';
import { expect, test } from './fixtures.ts';
import { ModelPage, TrainPage } from './pages/screens.ts';
import { copySome, photographs } from './pictures.ts';

const source = photographs();
test.skip(source === null, 'There are no photographs on this machine.');

test('layers unfrozen by the slider and one by one; head and layers trained, paused, and fine-tuned once more', async ({
  graft,
  folder,
}) => {
  test.setTimeout(300_000);
  const { words } = graft;
  const { learns, bill } = words.model;
  const data = path.join(folder, 'cats and dogs');
  await copySome(source!, data, { train: 30, validation: 15, test: 15 });
  await graft.openFolder(data);
  await graft.dataIsReady();
  await graft.button(words.data.next).click();

  // The slider takes whole blocks from the top; the bill follows.
  const model = new ModelPage(graft);
  const slider = graft.main.getByRole('slider', { name: learns.boundary });
  await slider.fill('2');
  await expect(graft.main.getByRole('switch', { name: learns.switchBlock('top') })).toBeChecked();
  await expect(graft.main.getByText('block6d_add')).toBeVisible();
  await expect(graft.main.getByText(bill.cutWhy)).toBeVisible();
  // One layer of the block below by itself: the block trains in part, and the cut moves down.
  await slider.fill('1');
  await graft.main.getByRole('button', { name: 'block7a', exact: false }).first().click();
  await graft.main.getByRole('checkbox', { name: learns.switchLayer('block7a_project_conv') }).check();
  const block = graft.main.getByRole('switch', { name: learns.switchBlock('block7a') });
  await expect(block).toContainText(learns.some);
  await expect(graft.main.getByText(learns.normalization)).toBeVisible();
  const measure = graft.main.getByRole('region', { name: bill.title }).getByRole('button', { name: bill.measure });
  await measure.click();
  await expect(measure).toBeHidden({ timeout: 60_000 });

  // What augmentation does is seen before it is used; the numbers can be one's own.
  const { settings } = words.model;
  await model.set({ epochs: 2 });
  await graft.main.getByRole('combobox', { name: settings.augmentation }).selectOption('custom');
  const views = graft.main.getByRole('figure', { name: settings.preview.title }).getByRole('img');
  await expect(views).toHaveCount(8, { timeout: 30_000 });
  await graft.main.getByRole('spinbutton', { name: settings.strengths.rotate }).fill('45');
  await graft.main.getByRole('checkbox', { name: settings.strengths.flipVertical }).check();
  await graft.main.getByRole('combobox', { name: settings.augmentation }).selectOption('none');

  // A block with a shortcut is drawn; a probe tells how far up features are good; a rate is found and taken.
  await graft.main.getByRole('button', { name: 'block6d', exact: false }).first().click();
  await expect(graft.main.getByRole('img', { name: learns.drawing.title('block6d') })).toBeVisible();
  await expect(graft.main.getByText(learns.drawing.identityBlock)).toBeVisible();
  await graft.main.getByRole('button', { name: learns.probe.start }).click();
  await graft.main.getByRole('button', { name: learns.question.stop, exact: true }).click();
  await expect(graft.main.getByRole('progressbar', { name: learns.probe.running })).toBeHidden({ timeout: 15_000 });
  await expect(graft.main.getByRole('table', { name: learns.probe.title })).toBeHidden();
  await graft.main.getByRole('button', { name: learns.probe.start }).click();
  await expect(graft.main.getByRole('table', { name: learns.probe.title }).getByRole('row')).toHaveCount(1 + 18, {
    timeout: 60_000,
  });
  await model.set({ epochs: 2 });
  const { rate } = words.model.settings;
  await graft.main.getByRole('button', { name: rate.find }).click();
  await expect(graft.main.getByRole('img', { name: rate.title })).toBeVisible({ timeout: 60_000 });
  const learningRate = graft.main.getByRole('spinbutton', { name: words.model.settings.learningRate, exact: true });
  await learningRate.fill('0.4');
  await graft.main.getByRole('button', { name: rate.use('') }).click();
  await expect(learningRate).not.toHaveValue('0.4');
  await learningRate.fill('0.001');

  await graft.main.getByRole('spinbutton', { name: words.model.fineTune.epochs }).fill('3');
  await graft.main.getByRole('spinbutton', { name: words.model.fineTune.learningRate }).fill('0.001');
  await expect(graft.main.getByText(words.train.fineTune.tooFast)).toBeVisible();
  await graft.main.getByRole('spinbutton', { name: words.model.fineTune.learningRate }).fill('0.00005');
  await model.trainButton.click();

  await graft.isAt('train');
  await graft.button(words.train.pause).click();
  await expect(graft.button(words.train.goOn)).toBeVisible({ timeout: 60_000 });
  await graft.button(words.train.goOn).click();
  const curves = graft.main.getByRole('table', { name: words.train.charts.table(words.train.charts.accuracy) });
  await expect(curves.getByRole('row')).toHaveCount(1 + 2 + 3, { timeout: 150_000 });

  // Once more from there: a new run with the weights of the first.
  await graft.button(words.train.fineTune.open).click({ timeout: 60_000 });
  const panel = graft.main.getByRole('region', { name: words.train.fineTune.title });
  await panel.getByRole('spinbutton', { name: words.train.fineTune.epochs }).fill('2');
  await panel.getByRole('button', { name: words.train.fineTune.start, exact: true }).click();
  await expect(graft.main.getByText(words.train.run(2))).toBeVisible({ timeout: 60_000 });
  await expect(curves.getByRole('row')).toHaveCount(1 + 2, { timeout: 150_000 });
  await expect(graft.button(words.train.understand)).toBeVisible({ timeout: 60_000 });
  expect(await new TrainPage(graft).validationAccuracy()).toBeGreaterThan(0.7);
});

test('a run that was stopped goes on where it stood', async ({ graft, folder }) => {
  test.setTimeout(240_000);
  const { words } = graft;
  const data = path.join(folder, 'cats and dogs');
  await copySome(source!, data, { train: 40, validation: 20, test: 10 });
  await graft.openFolder(data);
  await graft.dataIsReady();
  await graft.button(words.data.next).click();
  const model = new ModelPage(graft);
  await graft.main.getByRole('slider', { name: words.model.learns.boundary }).fill('3');
  await model.set({ epochs: 1 });
  await graft.main.getByRole('spinbutton', { name: words.model.fineTune.epochs }).fill('6');
  await model.trainButton.click();
  await graft.isAt('train');
  const curves = graft.main.getByRole('table', { name: words.train.charts.table(words.train.charts.accuracy) });
  await expect(curves.getByRole('row')).toHaveCount(1 + 3, { timeout: 150_000 });
  await graft.button(words.train.stop).click();
  await graft.button(words.train.resume).click({ timeout: 60_000 });
  await expect(curves.getByRole('row')).toHaveCount(1 + 7, { timeout: 150_000 });
  await expect(graft.button(words.train.understand)).toBeVisible({ timeout: 60_000 });
});

test.describe('after a power cut', () => {
  test.use({ expectedErrors: [/WebSocket|ERR_CONNECTION|Failed to load|Failed to fetch/] });

  test('a run whose app was killed is offered again, and goes on from its last epoch', async ({ graft, folder }) => {
    test.setTimeout(300_000);
    const { words } = graft;
    const data = path.join(folder, 'cats and dogs');
    await copySome(source!, data, { train: 40, validation: 20, test: 10 });
    await graft.openFolder(data);
    await graft.dataIsReady();
    await graft.button(words.data.next).click();
    await graft.main.getByRole('slider', { name: words.model.learns.boundary }).fill('3');
    const model = new ModelPage(graft);
    await model.set({ epochs: 1 });
    await graft.main.getByRole('spinbutton', { name: words.model.fineTune.epochs }).fill('16');
    await model.trainButton.click();
    await graft.isAt('train');
    const charts = words.train.charts;
    const rows = () => graft.main.getByRole('table', { name: charts.table(charts.accuracy) }).getByRole('row');
    // At least: on a quick machine two epochs end between two looks.
    await expect.poll(() => rows().count(), { timeout: 150_000, intervals: [50] }).toBeGreaterThanOrEqual(1 + 3);
    const before = await rows().nth(2).innerText();

    await graft.killAndStart();
    await graft.open('train');
    await graft.button(words.train.resume).click({ timeout: 60_000 });
    await expect(rows()).toHaveCount(1 + 17, { timeout: 150_000 });
    await expect(graft.button(words.train.understand)).toBeVisible({ timeout: 60_000 });
    expect(await rows().nth(2).innerText()).toBe(before);
  });
});
