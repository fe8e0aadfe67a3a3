import path from 'node:path';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { expect, test } from './fixtures.ts';
import { UsePage } from './pages/screens.ts';
import { drawPng, writeAll } from './pictures.ts';

/** A model that tells light from dark: the mean of all pixels, 0 to 1, through one sigmoid unit that turns at a half. */
async function writeModel(file: string): Promise<void> {
  const layers = [
    { class_name: 'Rescaling', config: { name: 'scaled', scale: 1 / 255, offset: 0, batch_input_shape: [null, 32, 32, 3] } }, // prettier-ignore
    { class_name: 'Conv2D', config: { name: 'grey', filters: 1, kernel_size: [1, 1], activation: 'relu' } },
    { class_name: 'GlobalAveragePooling2D', config: { name: 'mean' } },
    { class_name: 'Dense', config: { name: 'light', units: 1, activation: 'sigmoid' } },
  ];
  const weights = { 'grey/kernel': [1, 1, 3, 1], 'grey/bias': [1], 'light/kernel': [1, 1], 'light/bias': [1] };
  const numbers = Float32Array.of(1 / 3, 1 / 3, 1 / 3, 0, 20, -10);
  const model = {
    format: 'layers-model',
    modelTopology: { class_name: 'Sequential', config: { name: 'light_or_dark', layers } },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: Object.entries(weights).map(([name, shape]) => ({ name, shape, dtype: 'float32' })),
      },
    ],
  };
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(JSON.stringify(model)), 'model.json');
  zip.addBuffer(Buffer.from(numbers.buffer), 'weights.bin');
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}

test('a saved model is opened with its labels, answers, and is measured; what is none says so', async ({
  graft,
  folder,
}) => {
  test.setTimeout(400_000);
  test.skip(graft.kind === 'electron', 'The desktop asks for the model in a dialog of the system.');
  const { words } = graft;
  const text = words.use.open;
  const data = path.join(folder, 'pets');
  const drawn = [...Array(8).keys()].flatMap((n) => [
    [`cats/${n}.png`, drawPng(8 * n)] as const,
    [`dogs/${n}.png`, drawPng(255 - 8 * n)] as const,
  ]);
  await writeAll(data, Object.fromEntries(drawn));
  const archive = path.join(folder, 'light or dark.zip');
  await writeModel(archive);
  const labels = path.join(folder, 'labels.txt');
  await writeFile(labels, '0 cats\n1 dogs\n');
  const picture = path.join(folder, 'light.png');
  await writeFile(picture, drawPng(204));
  await graft.openFolder(data);
  await graft.dataIsReady();

  await graft.open('use');
  const note = path.join(folder, 'note.h5');
  await writeFile(note, 'a note');
  const chooser = graft.main.getByLabel(text.open).and(graft.main.locator('input'));
  await chooser.setInputFiles(note);
  await expect(graft.page.getByText('cannot be read as a model')).toBeVisible({ timeout: 90_000 });

  await chooser.setInputFiles([archive, labels]);
  // The notice goes by itself; the classes stay.
  const use = new UsePage(graft);
  await expect(graft.main.getByRole('listitem')).toContainText(['cats', 'dogs'], { timeout: 120_000 });
  await use.choosePicture(picture);
  // 1 / (1 + exp(10 - 20 × 0.8))
  await expect(use.answers.first()).toContainText('99.8 %', { timeout: 90_000 });
  await expect(use.answers.first()).toContainText('dogs');

  // It has no curves, and is measured on the pictures that are open.
  await graft.open('train');
  await expect(graft.main.getByText(words.train.imported.unknown)).toBeVisible();
  await graft.button(words.train.imported.measure).click();
  await graft.isAt('understand');
  await graft.button(words.understand.measure.start('pets')).click();
  await expect(graft.main.getByText(words.understand.summary(16, 16))).toBeVisible({ timeout: 120_000 });
});
