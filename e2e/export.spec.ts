import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from '@playwright/test';
import type { ExportFormat } from '../contract/model.ts';
import { webPage as korean } from '../strings/ko/web-page.ts';
import { expect, test } from './fixtures.ts';
import { ExportedPage } from './pages/exported-page.ts';
import { ExportPage, fractionIn, ModelPage, TrainPage, UsePage } from './pages/screens.ts';
import type { DroppedFile, GraftWindow } from './pages/window.ts';
import { copySome, photographs, pngOf } from './pictures.ts';
import { repository } from './server.ts';
import { serveFolder } from './static-server.ts';
import { entriesOfZip, unpack } from './zip.ts';

/** Every format that the app writes, the file that it is known by, and whether a model in it is compared with the app. */
const formats: readonly { format: ExportFormat; file: string; isCompared: boolean }[] = [
  { format: 'keras', file: 'model.keras', isCompared: true },
  { format: 'h5', file: 'model.h5', isCompared: true },
  { format: 'savedmodel', file: 'saved_model.pb', isCompared: true },
  { format: 'onnx', file: 'model.onnx', isCompared: true },
  { format: 'tfjs', file: 'model.json', isCompared: true },
  { format: 'script', file: 'train.py', isCompared: false },
  { format: 'features', file: 'features.npz', isCompared: true },
];

test.describe('a trained model leaves', () => {
  test.use({ startsTrained: true });

  for (const { format, file, isCompared } of formats) {
    test(`as ${format}, with its certificate, its card and lines to copy`, async ({ graft }) => {
      const { exporting } = graft.words;
      const exports = new ExportPage(graft);
      await graft.open('export');
      await exports.export(format);
      const details = exports.details(format);
      if (isCompared) {
        await expect(details).toContainText(exporting.same(32), { timeout: 150_000 });
        expect(largestDifference(await details.innerText(), graft)).toBeLessThanOrEqual(1e-4);
      } else {
        await expect(details).toContainText(exporting.noCertificate, { timeout: 150_000 });
      }
      await expect(details.getByLabel(exporting.snippet, { exact: true })).toContainText(/\S/);
      test.skip(graft.kind === 'electron', 'The desktop writes a folder; there is nothing to download.');
      const entries = new Map(
        entriesOfZip(await exports.download(format)).map(({ name, bytes }) => [path.basename(name), bytes]),
      );
      expect([...entries.keys()]).toEqual(expect.arrayContaining([file, 'README.md', 'card.json']));
      const readme = entries.get('README.md')!.toString();
      expect(readme).toContain(await details.getByLabel(exporting.snippet, { exact: true }).innerText());
      if (isCompared) expect(readme).toContain('32 of 32 pictures answered the same');
    });
  }

  test('as a web page that answers as the app does and asks no other server', async ({ graft, folder, browser }) => {
    test.skip(graft.kind === 'electron', 'The desktop writes a folder; there is nothing to download.');
    await chooseGap(graft);
    const exported = await exportedPage(graft, folder);
    const picture = drawing();
    await graft.open('use');
    await graft.dropFiles([picture]);
    const shown = await shownAnswers(graft);

    const { app, close } = await openExported(browser, exported);
    await app.drop(picture);
    const answers = await app.answers();
    expect(Object.keys(answers).sort()).toEqual(Object.keys(shown).sort());
    for (const [className, probability] of Object.entries(shown))
      expect(Math.abs(answers[className]! - probability)).toBeLessThanOrEqual(1e-3);
    for (const theme of ['light', 'dark'] as const) {
      await app.page.emulateMedia({ colorScheme: theme });
      for (const [width, height] of [
        [1280, 800],
        [390, 800],
      ] as const) {
        await app.page.setViewportSize({ width, height });
        await app.page.screenshot({ path: path.join(repository, 'out', 'screens', `web-page-${theme}-${width}.png`) });
      }
    }
    expect(app.outsideRequests).toEqual([]);
    expect(app.problems).toEqual([]);
    await close();
  });

  test('with lines on its card that answer as the app does', async ({ graft, folder, browser }) => {
    test.skip(graft.kind === 'electron', 'The desktop writes a folder; there is nothing to download.');
    await chooseGap(graft);
    const exported = await exportedPage(graft, folder);
    const picture = drawing();
    await graft.open('use');
    await graft.dropFiles([picture]);
    const shown = await shownAnswers(graft);

    const code = /```js\n([\s\S]*?)```/.exec(await readFile(path.join(exported, 'README.md'), 'utf8'))![1]!;
    const tensorflow = path.join(repository, 'node_modules', '@tensorflow', 'tfjs', 'dist', 'tf.fesm.min.js');
    const page = `<!doctype html><script type="importmap">{"imports":{"@tensorflow/tfjs":"/tf.js"}}</script>
      <img src="picture.png"><script type="module">
        const { classify } = await import('/lines.js');
        const picture = document.querySelector('img');
        await picture.decode();
        document.title = JSON.stringify(classify(picture));
      </script>`;
    const server = await serveFolder(exported, {
      'lines.html': page,
      'lines.js': code,
      'tf.js': await readFile(tensorflow),
      'picture.png': picture.bytes,
    });
    const tab = await browser.newPage();
    await tab.goto(`${server.url}lines.html`);
    await expect(tab).toHaveTitle(/^\[/, { timeout: 150_000 });
    for (const { label, probability } of JSON.parse(await tab.title()) as { label: string; probability: number }[])
      expect(Math.abs(probability - shown[label]!)).toBeLessThanOrEqual(1e-3);
    await tab.close();
    server.close();
  });

  test('as a web page that shows names letter by letter, in Korean, by keyboard and webcam', async ({
    graft,
    folder,
    browser,
  }) => {
    test.skip(graft.kind === 'electron', 'The desktop writes a folder; there is nothing to download.');
    const exported = await exportedPage(graft, folder);
    const labels = JSON.parse(await readFile(path.join(exported, 'labels.json'), 'utf8')) as string[];
    const hostile = labels.map((_, index) => `<img src=x onerror=alert(${index})>`);
    const { app, close } = await openExported(browser, exported, {
      locale: 'ko-KR',
      extra: { 'labels.json': JSON.stringify(hostile) },
      words: korean,
    });
    await expect(app.page.locator('html')).toHaveAttribute('lang', 'ko');
    await app.page.keyboard.press('Tab');
    await expect(app.page.getByRole('button', { name: korean.choose })).toBeFocused();
    await app.chooseByKey('Enter', { ...drawing(), name: 'scene.png' });
    expect(Object.keys(await app.answers()).sort()).toEqual(hostile.sort());

    await app.page.keyboard.press('Tab');
    await app.page.keyboard.press('Enter');
    await expect(app.page.getByRole('status')).toContainText(`${korean.webcamName}: `, { timeout: 150_000 });
    await app.page.getByRole('button', { name: korean.stopWebcam }).click();
    await expect(app.page.getByRole('button', { name: korean.webcam })).toBeVisible();
    expect(app.outsideRequests).toEqual([]);
    expect(app.problems).toEqual([]);
    await close();
  });
});

test('a photograph in the web page gets the number that it gets in the app', async ({ graft, folder, browser }) => {
  test.skip(graft.kind === 'electron', 'The desktop writes a folder; there is nothing to download.');
  const source = photographs();
  test.skip(source === null, 'There are no photographs on this machine.');
  const { words } = graft;
  const data = path.join(folder, 'pets');
  await copySome(source!, data, { train: 20, validation: 10, test: 10 });
  await graft.openFolder(data);
  await graft.dataIsReady();
  await graft.button(words.data.next).click();
  await new ModelPage(graft).set({ epochs: 2 });
  await new ModelPage(graft).trainButton.click();
  await new TrainPage(graft).isIn('finished');
  const { app, close } = await openExported(browser, await exportedPage(graft, path.join(folder, 'page')));

  const cats = path.join(data, 'test', 'cats');
  for (const name of (await readdir(cats)).slice(0, 4)) {
    const picture = { name, type: 'image/jpeg', bytes: await readFile(path.join(cats, name)) };
    await graft.open('use');
    await graft.dropFiles([picture]);
    await expect(graft.main.getByRole('figure')).toContainText(name);
    const shown = await shownAnswers(graft);
    await app.drop(picture);
    const answers = await app.answers();
    for (const [className, probability] of Object.entries(shown))
      expect(Math.abs(answers[className]! - probability)).toBeLessThanOrEqual(0.02);
  }
  expect(app.outsideRequests).toEqual([]);
  await close();
});

/** The run with the smaller head: it is less sure, so that a difference shows. */
async function chooseGap({ page, words: { frame } }: GraftWindow): Promise<void> {
  const run = page.getByRole('combobox', { name: frame.switchers.run, exact: true });
  await run.selectOption({ label: frame.switchers.runName(1, frame.heads.gap) });
}

/** A picture of the model's input size, so that nobody has to resize it. */
function drawing(): DroppedFile {
  const bytes = pngOf(224, (row, column) => [(row * 3) % 256, (column * 2) % 256, (row * column) % 251]);
  return { name: 'drawing.png', type: 'image/png', bytes };
}

/** The number after the words for the largest difference; 0 where there is none. */
function largestDifference(text: string, { words: { exporting } }: GraftWindow): number {
  if (text.includes(exporting.exact)) return 0;
  const found = new RegExp(`${exporting.largest('(\\d+(?:\\.\\d+)?)')}`).exec(text)?.[1];
  if (found === undefined) throw new Error(`No difference in “${text}”`);
  return Number(found);
}

/** What the Use screen shows, 0..1 by class, to a tenth of a percent. */
async function shownAnswers(graft: GraftWindow): Promise<Record<string, number>> {
  const { answers } = new UsePage(graft);
  await expect(answers.first()).toContainText(/\d %/, { timeout: 150_000 });
  const texts = await answers.allInnerTexts();
  return Object.fromEntries(texts.map((text) => [text.split('\n')[0]!.trim(), fractionIn(text)]));
}

/** Exports as TensorFlow.js and unpacks what comes. @returns the folder */
async function exportedPage(graft: GraftWindow, folder: string): Promise<string> {
  const exports = new ExportPage(graft);
  await graft.open('export');
  await exports.export('tfjs');
  await expect(exports.details('tfjs')).toContainText(graft.words.exporting.same(32), { timeout: 150_000 });
  await unpack(await exports.download('tfjs'), folder);
  return folder;
}

async function openExported(
  browser: Browser,
  folder: string,
  options: { locale?: string; extra?: Record<string, string>; words?: typeof korean } = {},
): Promise<{ app: ExportedPage; close: () => Promise<void> }> {
  const server = await serveFolder(folder, options.extra);
  const context = await browser.newContext({ locale: options.locale ?? 'en-US', permissions: ['camera'] });
  const app = new ExportedPage(await context.newPage(), server.url);
  await app.page.goto(server.url);
  await app.isReady(options.words);
  return {
    app,
    close: async () => {
      await context.close();
      server.close();
    },
  };
}
