import { expect, type JSHandle, type Locator, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { wordsFor, type Language, type Words } from '../../strings/index.ts';

export const screenNames = ['data', 'model', 'train', 'compare', 'understand', 'use', 'export'] as const;
export type ScreenName = (typeof screenNames)[number];

/** A file as a story drops it. */
export interface DroppedFile {
  name: string;
  type: string;
  bytes: Buffer;
}

/** The app's window, found by role and name as a screen reader finds it. Words come from the catalogue. */
export class GraftWindow {
  /** Another one after `killAndStart` in the desktop shell. */
  page: Page;
  readonly kind: 'web' | 'electron';
  /** What the app may open by path. */
  readonly folder: string;
  language: Language = 'en';

  #killAndStart: () => Promise<Page>;

  constructor(page: Page, kind: 'web' | 'electron', folder: string, killAndStart: () => Promise<Page>) {
    this.page = page;
    this.kind = kind;
    this.folder = folder;
    this.#killAndStart = killAndStart;
  }

  /** Kills the app's process and starts it again on the same home. */
  async killAndStart(): Promise<void> {
    this.page = await this.#killAndStart();
  }

  get words(): Words {
    return wordsFor(this.language);
  }
  get main(): Locator {
    return this.page.getByRole('main');
  }
  /** The line at the bottom of every screen. */
  get status(): Locator {
    return this.page.getByRole('contentinfo', { name: this.words.frame.status.label });
  }
  get notices(): Locator {
    return this.page.getByRole('region', { name: this.words.frame.notices.label });
  }

  button(name: string | RegExp): Locator {
    // A file input behind a button has the same role and name.
    return this.main.getByRole('button', { name, exact: typeof name === 'string' }).and(this.page.locator('button'));
  }

  /** The step of the rail. */
  step(screen: ScreenName): Locator {
    const steps = this.page.getByRole('navigation', { name: this.words.frame.steps });
    return steps.getByRole('button').nth(screenNames.indexOf(screen));
  }

  async open(screen: ScreenName): Promise<void> {
    await this.step(screen).click();
    await this.isAt(screen);
  }

  async isAt(screen: ScreenName): Promise<void> {
    await expect(this.step(screen)).toHaveAttribute('aria-current', 'page');
    await expect(this.main.getByRole('heading', { level: 1 })).toBeVisible();
  }

  async setLanguage(language: Language): Promise<void> {
    if (language === this.language) return;
    await this.page.getByRole('button', { name: this.words.frame.language.switchTo }).click();
    this.language = language;
    await expect(this.page.locator('html')).toHaveAttribute('lang', language);
  }

  async setTheme(theme: 'light' | 'dark'): Promise<void> {
    const html = this.page.locator('html');
    if ((await html.getAttribute('data-theme')) === theme) return;
    const { toDark, toLight } = this.words.frame.theme;
    await this.page.getByRole('button', { name: theme === 'dark' ? toDark : toLight }).click();
    await expect(html).toHaveAttribute('data-theme', theme);
  }

  /** Opens a folder on this machine: by its path where it lies, as the shell at hand lets a person do it. */
  async openFolder(folder: string): Promise<void> {
    const { path: label, add } = this.words.data.empty;
    await this.main.getByLabel(label).fill(folder);
    await this.button(add).click();
  }

  /** Chooses a folder in the browser's dialog, whose files are then uploaded. */
  async uploadFolder(folder: string): Promise<void> {
    const choosing = this.page.waitForEvent('filechooser');
    await this.button(this.words.data.empty.openFolder).click();
    await (await choosing).setFiles(folder);
  }

  /** Drops loose files on the window. */
  async dropFiles(files: readonly DroppedFile[], on = this.main): Promise<void> {
    const transfer = await this.dragFiles(files, on);
    await on.dispatchEvent('drop', { dataTransfer: transfer });
  }

  /** Holds files over something, and lets them not go. */
  async dragFiles(files: readonly DroppedFile[], over: Locator): Promise<JSHandle<DataTransfer>> {
    const given = files.map(({ name, type, bytes }) => ({ name, type, base64: bytes.toString('base64') }));
    const transfer = await this.page.evaluateHandle((list) => {
      const data = new DataTransfer();
      for (const { name, type, base64 } of list) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        data.items.add(new File([bytes], name, { type }));
      }
      return data;
    }, given);
    await over.dispatchEvent('dragover', { dataTransfer: transfer });
    return transfer;
  }

  async dropPicture(file: string): Promise<void> {
    await this.dropFiles([{ name: path.basename(file), type: 'image/jpeg', bytes: await readFile(file) }]);
  }

  /** A warning or failure on the screen, or a message in the corner. */
  says(sentence: string | RegExp): Locator {
    return this.main.getByText(sentence).or(this.notices.getByText(sentence)).first();
  }

  /** Waits until the data set has been read and may be trained on. */
  async dataIsReady(timeoutMs = 150_000): Promise<void> {
    await expect(this.button(this.words.data.next)).toBeEnabled({ timeout: timeoutMs });
    await expect(this.status.getByText(this.words.frame.status.ready).first()).toBeVisible({ timeout: timeoutMs });
  }
}
