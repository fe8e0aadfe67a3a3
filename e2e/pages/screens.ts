import { readFile } from 'node:fs/promises';
import { expect, type Locator } from '@playwright/test';
import type { ExportFormat } from '../../contract/model.ts';
import type { HeadKind } from '../../contract/run.ts';
import type { GraftWindow } from './window.ts';

/** Reads "98.5 %" as 0.985. */
export function fractionIn(text: string): number {
  const found = /(\d+(?:\.\d+)?) %/.exec(text)?.[1];
  if (found === undefined) throw new Error(`No percentage in “${text}”`);
  return Number(found) / 100;
}

/** The Model screen. */
export class ModelPage {
  #graft: GraftWindow;
  constructor(graft: GraftWindow) {
    this.#graft = graft;
  }
  head(kind: HeadKind): Locator {
    const { words, main } = this.#graft;
    return main
      .getByRole('group', { name: words.model.head.title })
      .locator('label')
      .filter({
        has: main.page().getByRole('radio', { name: new RegExp(`^${words.model.head.name[kind]}`) }),
      });
  }
  get trainButton(): Locator {
    const { words } = this.#graft;
    return this.#graft.button(new RegExp(`^${words.model.train(7, null).split(':')[0] ?? ''}`));
  }
  /** Opens the settings and fills them. */
  async set(fields: { epochs: number; batchSize?: number }): Promise<void> {
    const { words, main } = this.#graft;
    const epochs = main.getByLabel(words.model.settings.epochs, { exact: true });
    if (!(await epochs.isVisible())) await main.getByText(words.model.settings.title).click();
    await epochs.fill(String(fields.epochs));
    if (fields.batchSize !== undefined) {
      await main.getByLabel(words.model.settings.batchSize, { exact: true }).fill(String(fields.batchSize));
    }
  }
}

/** The Train screen. */
export class TrainPage {
  #graft: GraftWindow;
  constructor(graft: GraftWindow) {
    this.#graft = graft;
  }
  get stopButton(): Locator {
    return this.#graft.button(this.#graft.words.train.stop);
  }
  /** A number of the row, by what stands over it. */
  number(title: string): Locator {
    const { main, page } = this.#graft;
    return main
      .locator('dl > div')
      .filter({ has: page.getByRole('term').filter({ hasText: title }) })
      .first();
  }
  async isIn(phase: 'running' | 'finished' | 'stopped', timeoutMs = 150_000): Promise<void> {
    const { words, main } = this.#graft;
    await expect(main.getByText(words.train.phases[phase], { exact: true }).first()).toBeVisible({
      timeout: timeoutMs,
    });
  }
  /** The validation accuracy shown, 0..1. */
  async validationAccuracy(): Promise<number> {
    return fractionIn(await this.number(this.#graft.words.train.numbers.validationAccuracy).innerText());
  }
}

/** The Use screen. */
export class UsePage {
  #graft: GraftWindow;
  constructor(graft: GraftWindow) {
    this.#graft = graft;
  }
  /** The classes, most probable first. */
  get answers(): Locator {
    return this.#graft.main.getByRole('listitem').filter({ hasText: '%' });
  }
  async choosePicture(file: string): Promise<void> {
    const choosing = this.#graft.page.waitForEvent('filechooser');
    await this.#graft.button(this.#graft.words.use.choose).click();
    await (await choosing).setFiles(file);
  }
}

/** The Export screen. */
export class ExportPage {
  #graft: GraftWindow;
  constructor(graft: GraftWindow) {
    this.#graft = graft;
  }
  get #words() {
    return this.#graft.words.exporting;
  }
  format(format: ExportFormat): Locator {
    return this.#graft.main.getByRole('radio', { name: this.#words.formats[format].name, exact: true });
  }
  /** What is shown of the format at hand. */
  details(format: ExportFormat): Locator {
    return this.#graft.main.getByRole('region', { name: this.#words.formats[format].name, exact: true });
  }
  async choose(format: ExportFormat): Promise<void> {
    await this.format(format).check();
    await expect(this.details(format)).toBeVisible();
  }
  async export(format: ExportFormat): Promise<void> {
    await this.choose(format);
    await this.#graft.button(this.#words.exportAs(this.#words.formats[format].name)).click();
  }
  /** The archive of what was exported. Web shell only. */
  async download(format: ExportFormat): Promise<Buffer> {
    const downloading = this.#graft.page.waitForEvent('download');
    await this.details(format).getByRole('button', { name: this.#words.download }).click();
    return readFile(await (await downloading).path());
  }
}
