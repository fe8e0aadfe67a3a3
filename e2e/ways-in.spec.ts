import { createWriteStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';
import { expect, test } from './fixtures.ts';
import type { GraftWindow } from './pages/window.ts';
import { drawPng, writeAll } from './pictures.ts';
import { repository } from './server.ts';

/** A ZIP as people pack one: a folder around everything, and what macOS adds; `paddingBytes` of something that is no picture. */
async function petsZip(folder: string, paddingBytes = 0): Promise<string> {
  const zip = new yazl.ZipFile();
  for (const [c, className] of ['cats', 'dogs'].entries())
    for (let n = 0; n < 8; n++)
      zip.addBuffer(drawPng(100 * c + n), `pets/${className}/${className} ${n}.png`, { compress: false });
  zip.addBuffer(Buffer.from('x'), '__MACOSX/pets/._cats');
  if (paddingBytes > 0) zip.addBuffer(Buffer.alloc(paddingBytes), '__MACOSX/pets/._dogs', { compress: false });
  zip.end();
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'pets.zip');
  await pipeline(zip.outputStream, createWriteStream(file));
  return file;
}

test('a ZIP becomes a data set, chosen or dropped', async ({ graft, folder }) => {
  test.skip(graft.kind === 'electron', 'A drop made by a script has no path.');
  const file = await petsZip(folder);
  const { empty } = graft.words.data;
  await graft.main.getByLabel(empty.openArchive).and(graft.main.locator('input')).setInputFiles(file);
  await graft.dataIsReady();
  await expect(graft.main.getByText(graft.words.data.archived('pets'))).toBeVisible();
  await expect(graft.button('cats 8')).toBeVisible();
  await expect(graft.button(graft.words.data.next)).toBeEnabled();

  await graft.dropFiles([{ name: 'again.zip', type: 'application/zip', bytes: await readFile(file) }]);
  await expect(graft.main.getByText(graft.words.data.archived('again'))).toBeVisible({ timeout: 20_000 });
  await graft.dataIsReady();
});

test('folders of the machine that serves are walked through to the one to read', async ({ graft, folder }) => {
  test.skip(graft.kind === 'electron', 'The desktop has a dialog for it.');
  await petsZip(path.join(folder, 'downloads'));
  await writeAll(path.join(folder, 'downloads', 'pets'), {
    ...Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`cats/${n}.png`, drawPng(n)])),
    ...Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`dogs/${n}.png`, drawPng(100 + n)])),
  });
  const { empty } = graft.words.data;
  await graft.button(empty.browse).press('Enter');
  await graft.button(new RegExp(path.basename(folder))).press('Enter');
  await graft.button(/^downloads/).press('Enter');
  await expect(graft.button(/pets\.zip/)).toBeVisible();
  await graft.page.screenshot({ path: path.join(repository, 'out', 'screens', 'browse-light-en-1280.png') });
  await graft.button(/^pets folder/).click();
  await expect(graft.main.getByLabel(empty.path)).toHaveValue(path.join(folder, 'downloads', 'pets'));
  await expect(graft.button(/^cats/)).toBeVisible();
  await graft.button(empty.browseUp).click();
  await graft.button(/^pets folder/).click();
  await graft.button(empty.browseHere('pets')).click();
  await graft.dataIsReady();
  await expect(graft.button('cats 8')).toBeVisible();
});

test('an upload whose page was left can be forgotten, and stands in nobody’s way', async ({ graft, folder }) => {
  test.skip(graft.kind === 'electron', 'The desktop uploads nothing.');
  const { addPictures, busy, empty, close } = graft.words.data;
  await graft.page.evaluate(async () => {
    await fetch('/api/call/dataset.beginArchive', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'left.zip', sizeBytes: 1e6 }),
    });
  });
  await graft.page.reload();
  await expect(graft.main.getByRole('heading', { name: busy.uploading('left') })).toBeVisible();
  await graft.button(addPictures).click();
  await expect(graft.main.getByLabel(empty.openArchive).first()).toBeAttached();
  await graft.button(close).click();
  await graft.button(busy.cancel).click();
  await expect(graft.main.getByRole('heading', { name: busy.uploading('left') })).toBeHidden();
  const file = await petsZip(folder);
  await graft.main.getByLabel(empty.openArchive).and(graft.main.locator('input')).setInputFiles(file);
  await graft.dataIsReady();
});

/** Lets only so much of an upload through, as where the page is closed in the middle. */
async function cutUpload(graft: GraftWindow, what: 'files' | 'archive', numThrough: number) {
  let numAsked = 0;
  let isCut = true;
  await graft.page.route(`**/api/datasets/*/${what}?*`, async (route) => {
    if (isCut && numAsked++ >= numThrough) return; // no answer, until the page is gone
    await route.continue();
  });
  return { mend: () => (isCut = false) };
}

test('a folder whose upload was cut off by a reload goes on when it is chosen again', async ({ graft, folder }) => {
  test.skip(graft.kind === 'electron', 'The desktop uploads nothing.');
  const { busy } = graft.words.data;
  const pets = path.join(folder, 'chosen', 'pets');
  const names = ['cats', 'dogs'].flatMap((name) => Array.from({ length: 8 }, (_, n) => `${name}/${n}.png`));
  await writeAll(pets, Object.fromEntries(names.map((name, n) => [name, drawPng(n)])));
  const cut = await cutUpload(graft, 'files', 5);
  await graft.uploadFolder(pets);
  await expect(graft.main.getByText(busy.progress(5, 16))).toBeVisible();
  await graft.page.reload();
  cut.mend();

  for (const language of ['ko', 'en'] as const) {
    await graft.setLanguage(language);
    await expect(graft.main.getByText(graft.words.data.busy.goOn.folder)).toBeVisible();
  }
  await expect(graft.main.getByText(busy.progress(5, 16))).toBeVisible();
  await expect(graft.button(busy.cancel)).toBeVisible();
  await graft.page.screenshot({ path: path.join(repository, 'out', 'screens', 'upload-left-light-en-1280.png') });
  const sent: string[] = [];
  graft.page.on('request', (request) => {
    if (request.method() === 'PUT') sent.push(request.url());
  });
  await graft.uploadFolder(pets);
  await graft.dataIsReady();
  await expect(graft.button('cats 8')).toBeVisible();
  await expect(graft.button('dogs 8')).toBeVisible();
  expect(sent).toHaveLength(11);
});

test.describe('whose server is killed', () => {
  test.use({ expectedErrors: [/WebSocket|ERR_CONNECTION|Failed to load|Failed to fetch/] });

  test('an archive whose upload was cut off goes on when it is chosen again, after a restart too', async ({
    graft,
    folder,
  }) => {
    test.skip(graft.kind === 'electron', 'The desktop uploads nothing.');
    const { busy, empty } = graft.words.data;
    const file = await petsZip(folder, 9 * 2 ** 20); // two pieces
    const cut = await cutUpload(graft, 'archive', 1);
    const choose = () => graft.main.getByLabel(empty.openArchive).and(graft.main.locator('input')).setInputFiles(file);
    await choose();
    const cameText = busy.bytes(
      graft.words.format.bytes(8 * 2 ** 20),
      graft.words.format.bytes((await stat(file)).size),
    );
    await expect(graft.main.getByText(cameText)).toBeVisible();
    await graft.killAndStart();
    cut.mend();
    await expect(graft.main.getByText(busy.goOn.archive)).toBeVisible();
    const sent: string[] = [];
    graft.page.on('request', (request) => {
      if (request.method() === 'PUT') sent.push(new URL(request.url()).search);
    });
    await choose();
    await graft.dataIsReady();
    await expect(graft.main.getByText(graft.words.data.archived('pets'))).toBeVisible();
    expect(sent).toEqual([`?offset=${8 * 2 ** 20}`]);
  });
});

test.describe('from a link', () => {
  let bytes = Buffer.alloc(0);
  /** Half of the file is held back until somebody asks for the rest. */
  const answer = (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse): void => {
    const url = new URL(String(request.headers['x-asked']));
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (url.hostname === 'drive.google.com' && url.searchParams.get('id') !== 'shared-by-a-friend')
      return void response.writeHead(404).end();
    const total = bytes.length;
    const common = {
      'content-disposition': 'attachment; filename="pets.zip"',
      etag: '"1"',
      'content-length': total - from,
    };
    if (from > 0) response.writeHead(206, { ...common, 'content-range': `bytes ${from}-${total - 1}/${total}` });
    else response.writeHead(200, common);
    if (from > 0) response.end(bytes.subarray(from));
    else response.write(bytes.subarray(0, total >> 1));
  };
  test.use({ site: { answer } });

  test('a share of Google Drive is downloaded, paused and gone on with; a wrong one says so', async ({
    graft,
    folder,
  }) => {
    test.skip(graft.kind === 'electron', 'Only the web shell can be given a web of the story’s own.');
    bytes = await readFile(await petsZip(folder));
    const { empty, busy, linked } = graft.words.data;
    const field = graft.main.getByRole('textbox', { name: empty.link });
    await graft.button(empty.exampleLink).click();
    await expect(field).toHaveValue(/^https:\/\/drive\.google\.com\/uc\?id=1nBE3/);
    await graft.button(empty.getLink).click();
    await expect(graft.main.getByText(graft.words.data.failed)).toBeVisible({ timeout: 15_000 });
    await graft.button(graft.words.data.forget).click();

    await field.fill('http://example.org/pets.zip');
    await graft.button(empty.getLink).click();
    await expect(graft.says(/not encrypted|https/i)).toBeVisible();

    await field.fill('https://drive.google.com/file/d/shared-by-a-friend/view?usp=sharing');
    await graft.button(empty.getLink).click();
    await graft.button(busy.pause).click();
    await expect(graft.main.getByRole('heading', { name: /paused|멈춤/ })).toBeVisible();
    await graft.open('model');
    await expect(graft.button(graft.words.model.learns.probe.start)).toBeDisabled();
    await graft.open('data');
    await graft.page.reload();
    await graft.button(busy.resume).click();
    await graft.dataIsReady();
    await expect(graft.main.getByText(linked('pets'))).toBeVisible();
    await expect(graft.button(graft.words.data.next)).toBeEnabled();
  });
});
