import path from 'node:path';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { expect, test } from './fixtures.ts';
import { ModelPage } from './pages/screens.ts';
import { copySome, photographs } from './pictures.ts';
import { repository } from './server.ts';

const shared = path.join(process.env['GRAFT_SHARED'] ?? path.join(repository, '../shared'), 'data');
const teachable = path.join(shared, 'oracle/teachable_machine_keras_catdog/keras_model.h5');
const source = photographs();
test.skip(source === null || !existsSync(teachable), 'There are no photographs on this machine.');

test('a model of Teachable Machine becomes a backbone, is trained and answers; what is none says so', async ({
  graft,
  folder,
}) => {
  test.setTimeout(200_000);
  const { words } = graft;
  const { bring } = words.model.backbone;
  const data = path.join(folder, 'cats and dogs');
  await copySome(source!, data, { train: 16, validation: 8, test: 8 });
  await graft.openFolder(data);
  await graft.dataIsReady();
  await graft.button(words.data.next).click();

  // A file that is no model is refused in words, and nothing opens.
  const note = path.join(folder, 'note.h5');
  await writeFile(note, 'a note');
  const chooser = graft.main.getByLabel(bring.open).and(graft.main.locator('input'));
  await chooser.setInputFiles(note);
  await expect(graft.page.getByText('cannot be read as a model')).toBeVisible({ timeout: 30_000 });

  await chooser.setInputFiles(teachable);
  const form = graft.main.getByRole('form', { name: bring.title('keras_model.h5') });
  await expect(form.getByRole('combobox', { name: bring.cutAt })).toHaveValue('out_relu', { timeout: 30_000 });
  await expect(form.getByText('7 × 7 × 1280', { exact: false }).last()).toBeVisible();
  await form.getByRole('textbox', { name: bring.name }).fill('Cats, dogs');
  await form.getByRole('button', { name: bring.add }).click();
  await expect(graft.main.getByRole('radio', { name: 'Cats, dogs' })).toBeChecked({ timeout: 30_000 });
  await expect(graft.main.getByRole('switch', { name: words.model.learns.switchBlock('stage 5') })).toBeVisible();

  // Removed after a question, and brought again.
  await graft.page.getByRole('button', { name: words.frame.notices.dismiss }).first().click(); // the refusal lies over the card
  await graft.main.getByRole('button', { name: bring.remove }).click();
  await graft.main.getByRole('button', { name: bring.keep }).click();
  await graft.main.getByRole('button', { name: bring.remove }).click();
  await graft.main.getByRole('button', { name: bring.removeYes, exact: true }).click();
  await expect(graft.main.getByRole('radio', { name: 'Cats, dogs' })).toBeHidden();
  await expect(graft.main.getByRole('radio', { name: 'EfficientNet-Lite0' })).toBeChecked();
  await chooser.setInputFiles(teachable);
  await form.getByRole('textbox', { name: bring.name }).fill('Cats, dogs', { timeout: 30_000 });
  await form.getByRole('button', { name: bring.add }).click();
  await expect(graft.main.getByRole('radio', { name: 'Cats, dogs' })).toBeChecked({ timeout: 30_000 });

  const model = new ModelPage(graft);
  await model.set({ epochs: 3 });
  await model.trainButton.click();
  await graft.isAt('train');
  const curves = graft.main.getByRole('table', { name: words.train.charts.table(words.train.charts.accuracy) });
  await expect(curves.getByRole('row')).toHaveCount(1 + 3, { timeout: 100_000 });
});
