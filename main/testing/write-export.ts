import type { ExportFormat, Parity } from '../../contract/model.ts';
import { finishExport, type WrittenExport } from '../export/finish-export.ts';
import type { ExportContext } from '../export/format.ts';
import { formats } from '../export/registry.ts';
import { writeModel } from '../export/write-model.ts';
import { writeNewFolder } from '../store/new-folder.ts';

/** An export from beginning to end in one process, as the backend makes it in two. @param verify the proof, of the files in a folder */
export function writeExport(
  format: ExportFormat,
  context: ExportContext,
  out: string,
  verify: (folder: string) => Promise<Parity>,
): Promise<WrittenExport> {
  return writeNewFolder(out, async (folder) => {
    const written = await writeModel(format, context, folder);
    return finishExport(written, formats[format].predict ? await verify(folder) : null, folder);
  });
}
