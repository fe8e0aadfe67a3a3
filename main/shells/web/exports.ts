import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { ZipFile } from 'yazl';
import type { Backend } from '../../backend/backend.ts';

/** Serves finished exports as archives. */
export function addExportRoutes(app: FastifyInstance, backend: Backend): void {
  app.get<{ Params: { exportId: string } }>('/api/exports/:exportId.zip', async (request, reply) => {
    const { exportId } = request.params;
    const folder = await backend.exportFolder(exportId);
    const name = path.basename(folder).replace(/[^\w.-]/g, '_');
    return reply
      .header('content-type', 'application/zip')
      .header('content-disposition', `attachment; filename="${name}.zip"`)
      .send(await zipFolder(folder));
  });
}

/** Streams a folder as an archive, stored, not packed: weights hardly shrink. Links are left out. */
async function zipFolder(folder: string): Promise<Readable> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let reading: Readable | null = null;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { size, mtime } = await lstat(file);
    const inside = path.relative(folder, file).split(path.sep).join('/');
    zip.addReadStreamLazy(inside, { size, mtime, mode: 0o100644, compress: false }, (hand) => {
      reading = createReadStream(file);
      hand(null, reading);
    });
  }
  zip.on('error', (error: Error) => output.destroy(error));
  output.once('close', () => reading?.destroy()); // the browser went away
  zip.end();
  return output;
}
