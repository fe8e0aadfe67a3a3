import path from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { screenNames } from './pages/window.ts';
import { repository } from './server.ts';

const sizes = [
  { width: 1280, height: 800 },
  { width: 800, height: 600 },
];

const twoFrames = (page: Page): Promise<void> =>
  page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));

for (const startsTrained of [false, true]) {
  test.describe(startsTrained ? 'a home with results' : 'an empty home', () => {
    test.use({ startsTrained, contextOptions: { reducedMotion: 'reduce' } });

    test('every screen is drawn for people to look at', async ({ graft }) => {
      const { page } = graft;
      const state = startsTrained ? 'full' : 'empty';
      for (const language of ['en', 'ko'] as const) {
        await graft.setLanguage(language);
        for (const theme of ['light', 'dark'] as const) {
          await graft.setTheme(theme);
          for (const screen of screenNames) {
            await graft.open(screen);
            for (const size of sizes) {
              await page.setViewportSize(size);
              await expect(page.locator('main [role=option] img:not(.here)')).toHaveCount(0);
              await expect(graft.main.getByText(graft.words.model.learns.layersLoading)).toHaveCount(0);
              await twoFrames(page); // what follows the new size has followed
              const name = `${screen}-${state}-${theme}-${language}-${size.width}.png`;
              await page.screenshot({ path: path.join(repository, 'out', 'screens', name) });
            }
          }
        }
      }
    });
  });
}

test.describe('for the README', () => {
  test.skip(process.env['GRAFT_DOCS_SCREENSHOT'] !== '1', 'Only when GRAFT_DOCS_SCREENSHOT=1.');
  test.use({ startsTrained: true, contextOptions: { reducedMotion: 'reduce' } });

  test('the Model screen shows the most', async ({ graft }) => {
    await graft.page.setViewportSize(sizes[0]!);
    await graft.setTheme('light');
    await graft.open('model');
    await expect(graft.main.getByText(graft.words.model.head.parameters('2,562'))).toBeAttached();
    await graft.page.screenshot({ path: path.join(repository, 'docs', 'screenshot.png') });
  });
});
