import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ExportFormat, ExportOptions, ExportUsage, Parity } from '../../contract/model.ts';
import { writeNewFolder } from '../store/new-folder.ts';
import { GraftError } from '../../contract/errors.ts';
import type { ExportContext, Format } from './format.ts';
import { writeModelCard } from './model-card.ts';
import { requireParity, writeParity } from './parity.ts';
import { formats } from './registry.ts';

export interface WrittenExport {
  files: { name: string; sizeBytes: number }[];
  /** Null for a format that holds no model. */
  parity: Parity | null;
  usage: ExportUsage;
}

/**
 * Writes a model in a format, lets it be checked, adds certificate and card, and puts it in its place, whole or not at all:
 * until then it lies in a folder beside the target.
 *
 * @param out a new or empty folder.
 * @param verify loads the files of the folder it is given, best in a fresh process, and compares them with the app.
 * @throws GraftError out-not-empty, not-a-folder, export-differs, layer-not-supported, disk-full, cannot-write
 */
export async function writeExport(
  formatId: ExportFormat,
  context: ExportContext,
  out: string,
  verify: (folder: string) => Promise<Parity>,
): Promise<WrittenExport> {
  return writeNewFolder(out, async (folder) => {
    const format = formats[formatId];
    requireOptions(format, context.options);
    const names = await format.write(context, folder);
    const parity = format.predict ? await verify(folder) : null;
    if (parity) {
      requireParity(parity, context.options.precision);
      names.push(await writeParity(parity, folder));
    }
    const usage = format.usage(context);
    names.push(...(await writeModelCard(context, { format: formatId, parity, usage }, folder)));
    const files = await Promise.all(
      names.map(async (name) => ({ name, sizeBytes: (await stat(path.join(folder, name))).size })),
    );
    return { files, parity, usage };
  });
}

/** Refuses what a format cannot do, before anything is written. @throws GraftError option-not-in-format */
export function requireOptions(format: Format, options: ExportOptions): void {
  const asked = [
    ...(options.precision === 'float32' ? [] : (['precision'] as const)),
    ...(options.foldBatchNormalization ? (['foldBatchNormalization'] as const) : []),
  ];
  for (const option of asked)
    if (!format.takes.includes(option)) throw new GraftError('option-not-in-format', { format: format.id, option });
}
