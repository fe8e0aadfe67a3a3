import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ExportFiles } from './backend.ts';

/** What an archive of a folder holds. Links are left out. */
export async function filesOfFolder(folder: string): Promise<ExportFiles> {
  const entries: ExportFiles['entries'] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { size, mtimeMs } = await lstat(file);
    const name = path.relative(folder, file).split(path.sep).join('/');
    entries.push({ name, file, sizeBytes: size, mtimeMs });
  }
  return { name: path.basename(folder), entries };
}
