import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from './fixtures.ts';
import { drawPng, writeAll } from './pictures.ts';
import type { GraftWindow } from './pages/window.ts';

const chip = (graft: GraftWindow, name: string, n: number | RegExp) =>
  graft.main.getByRole('group', { name: graft.words.data.classes }).getByRole('button', {
    name: typeof n === 'number' ? `${name} ${n}` : new RegExp(`^${name} ${n.source}$`),
    exact: typeof n === 'number',
  });
const picture = (shade: number) => ({ name: `photo ${shade}.png`, type: 'image/png', bytes: drawPng(shade) });

async function openPets(graft: GraftWindow, folder: string): Promise<string> {
  const data = path.join(folder, 'pets');
  const files = ['cats', 'dogs'].flatMap((name, c) =>
    Array.from({ length: 6 }, (_, n) => [`${name}/${n}.png`, drawPng(100 * c + n)] as const),
  );
  await writeAll(data, Object.fromEntries(files));
  await graft.openFolder(data);
  await graft.dataIsReady();
  return data;
}

test('pictures dropped onto a class are added to it, and taken back', async ({ graft, folder }) => {
  test.skip(graft.kind === 'electron', 'A drop made by a script has no path.');
  const { add, reasons, edits } = graft.words.data;
  const data = await openPets(graft, folder);
  const before = readdirSync(data, { recursive: true }).sort();

  // The overlay says where they will go, and leaves the classes in sight.
  const dogs = chip(graft, 'dogs', 6);
  await graft.dragFiles([picture(30)], dogs);
  await expect(graft.page.getByText(graft.words.frame.drop.asClass('dogs'))).toBeVisible();
  await expect(dogs).toHaveClass(/target/);
  await graft.dropFiles([picture(30), picture(31)], dogs);
  await expect(chip(graft, 'dogs', 8)).toBeVisible();
  await expect(graft.says(add.added(2, 'dogs'))).toBeVisible();
  expect(readdirSync(data, { recursive: true }).sort()).toEqual(before);

  // Elsewhere: into the class on screen, else it is asked for. What is no picture is refused with its reason.
  await chip(graft, 'cats', 6).click();
  await graft.dropFiles([picture(40)]);
  await expect(chip(graft, 'cats', 7)).toBeVisible();
  await chip(graft, graft.words.data.all, 15).click();
  await graft.dropFiles([picture(41), { name: 'fake.png', type: 'image/png', bytes: Buffer.from('no picture') }]);
  await graft.main
    .getByRole('group', { name: add.which(2) })
    .getByRole('button', { name: 'cats' })
    .click();
  await expect(chip(graft, 'cats', 8)).toBeVisible();
  await expect(graft.main.getByText(add.refusedOne('fake.png', reasons['not-an-image']))).toBeVisible();

  const undo = graft.main.getByRole('group', { name: edits.history }).getByRole('button').first();
  for (const [name, n] of [
    ['cats', 7],
    ['cats', 6],
    ['dogs', 6],
  ] as const) {
    // prettier-ignore
    await undo.click();
    await expect(chip(graft, name, n)).toBeVisible();
  }
  await graft.page.keyboard.press('Control+Shift+z');
  await expect(chip(graft, 'dogs', 8)).toBeVisible();
});

test('pictures are chosen for a new class without any dragging', async ({ graft, folder }) => {
  const { add } = graft.words.data;
  await openPets(graft, folder);
  await writeAll(path.join(folder, 'loose'), { 'a.png': drawPng(220), 'b.png': drawPng(221) });
  await graft.button(add.newClass).click();
  await graft.main.getByRole('textbox', { name: add.className }).fill('a/b');
  await expect(graft.main.getByText(add.badName)).toBeVisible();
  await graft.main.getByRole('textbox', { name: add.className }).fill('owls');
  await graft.page.keyboard.press('Enter');
  await expect(chip(graft, 'owls', 0)).toHaveAttribute('aria-pressed', 'true');
  const choosing = graft.page.waitForEvent('filechooser');
  await graft.button(add.pictures).click();
  await (await choosing).setFiles(['a.png', 'b.png'].map((name) => path.join(folder, 'loose', name)));
  await expect(chip(graft, 'owls', 2)).toBeVisible();
});

test.describe('the webcam', () => {
  // The camera in place of one shows a clock: two shots are two pictures.
  test('fills the classes of a data set that began empty, by bursts', async ({ graft }) => {
    test.skip(graft.kind === 'electron', 'Only Chromium is started with a camera for tests.');
    const { page, main, words } = graft;
    const { empty, webcam, add, edits } = words.data;
    await graft.button(empty.start).click();
    const form = main.getByRole('form', { name: empty.startTitle });
    await form.getByLabel(empty.startName).fill('Mugs');
    await form.getByLabel(empty.startClass(1)).fill('full');
    await form.getByLabel(empty.startClass(2)).fill('empty');
    await form.getByRole('button', { name: empty.startCreate }).click();
    await expect(chip(graft, 'full', 0)).toBeVisible();
    await expect(main.getByText(words.data.noneYet)).toBeVisible();

    await graft.button(webcam.open).click();
    const panel = main.getByRole('region', { name: webcam.title });
    const hold = panel.getByRole('button', { name: webcam.hold });
    await expect(hold).toBeEnabled();
    const shots = panel.getByRole('listitem');
    const numShots: Record<string, number> = {};
    for (const className of ['full', 'empty']) {
      await panel.getByRole('combobox', { name: webcam.target }).selectOption(className);
      if (className === 'full') {
        await hold.hover();
        await page.mouse.down();
        await expect.poll(() => shots.count()).toBeGreaterThanOrEqual(6);
        await page.mouse.up();
      } else {
        await panel.focus();
        await page.keyboard.down('Space');
        await expect.poll(() => shots.count()).toBeGreaterThanOrEqual(6);
        await page.keyboard.up('Space');
      }
      await panel.getByRole('button', { name: webcam.one }).click();
      await panel.getByRole('button', { name: webcam.remove(1), exact: true }).click(); // a retake
      const stopped = await shots.count();
      await panel.getByRole('button', { name: webcam.add(stopped, className) }).click();
      await expect(chip(graft, className, stopped)).toBeVisible();
      await expect(graft.says(add.added(stopped, className))).toBeVisible();
      await expect(shots).toHaveCount(0);
      numShots[className] = stopped;
    }
    expect(Math.min(...Object.values(numShots))).toBeGreaterThanOrEqual(6);
    await graft.dataIsReady();

    // Leaving the screen lets the camera go; what was not added waits.
    await panel.getByRole('button', { name: webcam.one }).click();
    await expect(shots).toHaveCount(1);
    const isLive = () =>
      page.evaluate(() => [...document.querySelectorAll('video')].some(({ srcObject }) => (srcObject as MediaStream | null)?.active)); // prettier-ignore
    expect(await isLive()).toBe(true);
    await page.evaluate(() => {
      const stream = document.querySelector('video')!.srcObject as MediaStream;
      (globalThis as { track?: MediaStreamTrack }).track = stream.getTracks()[0]!;
    });
    await graft.open('model');
    expect(await page.evaluate(() => (globalThis as { track?: MediaStreamTrack }).track!.readyState)).toBe('ended');
    await graft.open('data');
    await expect(graft.button(webcam.openWaiting(1))).toBeVisible();

    const undo = main.getByRole('group', { name: edits.history }).getByRole('button').first();
    await undo.click();
    await expect(chip(graft, 'empty', 0)).toBeVisible();
    await expect(chip(graft, 'full', numShots['full']!)).toBeVisible();
    await expect(main.getByText(words.data.warnings['empty-class']({ className: 'empty' }))).toBeVisible();
    await page.keyboard.press('Control+Shift+z');
    await expect(chip(graft, 'empty', numShots['empty']!)).toBeVisible();
  });

  test('says why there is no picture, and tries again', async ({ graft, folder }) => {
    test.skip(graft.kind === 'electron', 'Only Chromium is started with a camera for tests.');
    const { webcam } = graft.words.data;
    await openPets(graft, folder);
    for (const [name, problem] of [
      ['NotAllowedError', 'denied'],
      ['NotFoundError', 'no-camera'],
      ['NotReadableError', 'busy'],
    ] as const) {
      // prettier-ignore
      await graft.page.evaluate((error) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', error));
      }, name);
      await graft.button(webcam.open).click();
      await expect(graft.main.getByRole('alert')).toHaveText(webcam.problems[problem]);
      await expect(graft.button(webcam.one)).toBeDisabled();
      await graft.button(webcam.open).click();
    }
    await graft.page.evaluate(() => Reflect.deleteProperty(navigator.mediaDevices, 'getUserMedia'));
    await graft.button(webcam.open).click();
    await expect(graft.button(webcam.one)).toBeEnabled();
  });
});
