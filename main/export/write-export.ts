import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ExportFormat, Parity } from '../../contract/model.ts';
import { writeNewFolder } from '../store/new-folder.ts';
import type { ExportContext } from './format.ts';
import { requireParity, writeParity } from './parity.ts';
import { formats } from './registry.ts';

export interface WrittenExport {
  files: { name: string; sizeBytes: number }[];
  parity: Parity;
}

/**
 * Writes a model in a format, lets it be checked and puts it in its place, whole or not at all: until then it lies in a
 * folder beside the target.
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
    const names = await formats[formatId].write(context, folder);
    const parity = await verify(folder);
    requireParity(parity);
    names.push(await writeParity(parity, folder));
    const files = await Promise.all(
      names.map(async (name) => ({ name, sizeBytes: (await stat(path.join(folder, name))).size })),
    );
    return { files, parity };
  });
}
