import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from './fixtures.ts';
import { drawPng, writeAll } from './pictures.ts';

test('a folder with a list of labels becomes a data set, and what the list gets wrong is named', async ({
  graft,
  folder,
}) => {
  test.skip(graft.kind === 'electron', 'The desktop asks for a folder in a dialog of the system.');
  const { data } = graft.words;
  const pets = path.join(folder, 'pets');
  const pictures = Object.fromEntries(Array.from({ length: 22 }, (_, n) => [`images/${n}.png`, drawPng(10 * n)]));
  const rows = Array.from({ length: 20 }, (_, n) => `images/${n}.png;${n < 10 ? '고양이' : '강아지'}`);
  const list = ['\ufefffile;label', ...rows, 'images/lost.png;고양이', '../outside.png;강아지'].join('\r\n');
  await writeAll(pets, { ...pictures, 'labels.csv': `${list}\r\nimages/0.png;"` });

  await graft.uploadFolder(pets);
  await expect(graft.says(/labels\.csv, line 24: a quote is not closed/)).toBeVisible({ timeout: 20_000 });
  await graft.button(data.forget).click();
  await writeFile(path.join(pets, 'labels.csv'), list);
  await graft.uploadFolder(pets);
  await graft.dataIsReady();

  const chip = (name: string, n: number) => graft.main.getByRole('button', { name: `${name} ${n}`, exact: true });
  await expect(chip('고양이', 10)).toBeVisible();
  await expect(chip('강아지', 10)).toBeVisible();
  await expect(graft.main.getByText(data.listed('labels.csv', 2))).toBeVisible();
  await graft.button(data.notUsed(2)).click();
  const verdicts = graft.page.getByRole('dialog', { name: graft.words.verdicts.title });
  await expect(verdicts.getByRole('listitem').filter({ hasText: 'images/lost.png' })).toContainText(data.reasons['missing-file']); // prettier-ignore
  await expect(verdicts.getByRole('listitem').filter({ hasText: '../outside.png' })).toContainText(data.reasons.outside); // prettier-ignore
  await verdicts.getByRole('button', { name: data.close }).click();

  // Loose pictures dropped together with their list are one too; the list alone is not.
  const file = (name: string, type: string) => ({ name, type, bytes: readFileSync(path.join(pets, 'images', name)) });
  const loose = { name: 'loose.csv', type: 'text/csv', bytes: Buffer.from('path,label\n1.png,a\n12.png,b\n') };
  await graft.dropFiles([loose]);
  await expect(graft.says(data.drop.listAlone)).toBeVisible();
  await graft.dropFiles([loose, file('1.png', 'image/png'), file('12.png', 'image/png')]);
  await expect(chip('a', 1)).toBeVisible({ timeout: 20_000 });
  await expect(chip('b', 1)).toBeVisible();
});
