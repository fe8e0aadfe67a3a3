import axe from 'axe-core';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { ModelPage, TrainPage } from './pages/screens.ts';
import { screenNames, type GraftWindow } from './pages/window.ts';

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Runs axe in the page; evaluated through the debugger, which the page's policy does not bind. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async (tags) => {
    const { axe: engine } = window as unknown as { axe: typeof axe };
    // A button that has just become another is for one frame of a colour that is neither's, reduced motion or not.
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
    const found = await engine.run(document, { runOnly: { type: 'tag', values: tags } });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`),
    );
  }, rules);
}

async function everyScreen(graft: GraftWindow, visit: (name: string) => Promise<void>): Promise<void> {
  for (const language of ['en', 'ko'] as const) {
    await graft.setLanguage(language);
    for (const theme of ['light', 'dark'] as const) {
      await graft.setTheme(theme);
      for (const screen of screenNames) {
        await graft.open(screen);
        await visit(`${screen} ${theme} ${language}`);
      }
    }
  }
}

for (const startsTrained of [false, true]) {
  test.describe(startsTrained ? 'a home with results' : 'an empty home', () => {
    // Reduced motion: a colour on its way from one to another has no contrast to judge.
    test.use({ startsTrained, contextOptions: { reducedMotion: 'reduce', bypassCSP: true } });

    test('breaks no rule of WCAG 2.2 AA on any screen, theme or language', async ({ graft }) => {
      await everyScreen(graft, async (name) => {
        expect.soft(await violations(graft.page), name).toEqual([]);
      });
    });

    test('fits in 800 × 600 without scrolling sideways, its primary action in view', async ({ graft }) => {
      await graft.page.setViewportSize({ width: 800, height: 600 });
      await everyScreen(graft, async (name) => {
        const hidden = await graft.page.evaluate(() => {
          const places = [document.documentElement, document.querySelector('main')!];
          return Math.max(...places.map((place) => place.scrollWidth - place.clientWidth));
        });
        expect.soft(hidden, `${name}: pixels beyond the right edge`).toBe(0);
        const primary = graft.main.locator('button.primary');
        for (const button of await primary.all()) {
          await expect.soft(button, name).toBeInViewport({ ratio: 1 });
          expect
            .soft(await button.evaluate((b) => b.scrollWidth <= b.clientWidth), `${name}: its words fit`)
            .toBe(true);
        }
      });
    });
  });
}

test('the keyboard alone leads from nothing to a trained model', async ({ graft }) => {
  const { page, words } = graft;
  const tabTo = async (locator: ReturnType<GraftWindow['button']>): Promise<void> => {
    await expect(locator).toBeEnabled({ timeout: 150_000 });
    for (let presses = 0; presses < 80; presses++) {
      if (await locator.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error('80 times Tab did not reach it');
  };
  await tabTo(graft.button(words.data.empty.sample));
  await page.keyboard.press('Enter');
  await tabTo(graft.button(words.data.next));
  await page.keyboard.press('Enter');
  await tabTo(new ModelPage(graft).trainButton);
  await page.keyboard.press('Enter');
  await new TrainPage(graft).isIn('finished');
  expect(await new TrainPage(graft).validationAccuracy()).toBeGreaterThan(0.8);
});
