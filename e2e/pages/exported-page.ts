import { expect, type Page } from '@playwright/test';
import type { DroppedFile } from './window.ts';
import { webPage } from '../../strings/en/web-page.ts';

/** The web page of a TensorFlow.js export, open from a static server. */
export class ExportedPage {
  readonly page: Page;
  /** Addresses asked for beyond its own server: must stay empty. */
  readonly outsideRequests: string[] = [];
  readonly problems: string[] = [];

  constructor(page: Page, url: string) {
    this.page = page;
    page.on('request', (request) => {
      const address = request.url();
      if (!address.startsWith(url) && !/^(blob|data):/.test(address)) this.outsideRequests.push(address);
    });
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => message.type() === 'error' && this.problems.push(message.text()));
    page.on('dialog', (dialog) => {
      this.problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  async isReady(words = webPage): Promise<void> {
    await expect(this.page.getByRole('status')).toHaveText(words.ready, { timeout: 150_000 });
  }

  /** Opens the chooser by the key that presses the button in focus, and gives it a file. */
  async chooseByKey(key: string, { name, type, bytes }: DroppedFile): Promise<void> {
    // A dialog opens where nobody has announced to catch it in time: then it is asked for once more.
    await expect(async () => {
      const choosing = this.page.waitForEvent('filechooser', { timeout: 10_000 });
      await this.page.keyboard.press(key);
      await (await choosing).setFiles({ name, mimeType: type, buffer: bytes });
    }).toPass({ timeout: 60_000 });
    await expect(this.page.getByRole('status')).toContainText(`${name}: `, { timeout: 150_000 });
  }

  async drop({ name, type, bytes }: DroppedFile): Promise<void> {
    const transfer = await this.page.evaluateHandle(
      (file) => {
        const data = new DataTransfer();
        const content = Uint8Array.from(atob(file.base64), (letter) => letter.charCodeAt(0));
        data.items.add(new File([content], file.name, { type: file.type }));
        return data;
      },
      { name, type, base64: bytes.toString('base64') },
    );
    await this.page.locator('body').dispatchEvent('drop', { dataTransfer: transfer });
    await expect(this.page.getByRole('status')).toContainText(`${name}: `, { timeout: 150_000 });
  }

  /** Probabilities 0..1 by class, as the page has them. */
  async answers(): Promise<Record<string, number>> {
    const items = await this.page.getByRole('listitem').all();
    const pairs = items.map(async (item) => [
      await item.locator('span').innerText(),
      Number(await item.locator('data').getAttribute('value')),
    ]);
    return Object.fromEntries(await Promise.all(pairs)) as Record<string, number>;
  }
}
