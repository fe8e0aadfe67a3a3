import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ExportUsage, Parity } from '../../contract/model.ts';
import { certified, type ModelCard } from './card-facts.ts';
import { writeModelCard } from './model-card.ts';
import { requireParity, writeParity } from './parity.ts';

/** What a format wrote, before its proof. Plain data: it goes from process to process. */
export interface WrittenModel {
  /** Names of its files. */
  files: string[];
  usage: ExportUsage;
  /** Everything that the card says but the certificate. */
  card: ModelCard;
}

export interface WrittenExport {
  files: { name: string; sizeBytes: number }[];
  /** Null for a format that holds no model. */
  parity: Parity | null;
  usage: ExportUsage;
}

/**
 * Adds certificate and card to what a format wrote.
 *
 * @param parity null for a format that holds no model
 * @throws GraftError export-differs, disk-full, cannot-write
 */
export async function finishExport(
  { files, usage, card }: WrittenModel,
  parity: Parity | null,
  folder: string,
): Promise<WrittenExport> {
  const names = [...files];
  if (parity) {
    requireParity(parity, card.export.options.precision);
    names.push(await writeParity(parity, folder));
  }
  names.push(...(await writeModelCard(certified(card, parity), folder)));
  const sizes = names.map(async (name) => ({ name, sizeBytes: (await stat(path.join(folder, name))).size }));
  return { files: await Promise.all(sizes), parity, usage };
}
