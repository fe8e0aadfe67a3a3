import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { ZipFile } from 'yazl';
import type { Backend, ExportFiles } from '../../backend/backend.ts';

/** Serves finished exports, and data sets written as folders, as archives. */
export function addExportRoutes(app: FastifyInstance, backend: Backend): void {
  app.get<{ Params: { exportId: string } }>('/api/exports/:exportId.zip', async (request, reply) => {
    const { name, entries } = await backend.exportFiles(request.params.exportId);
    const { bytes, sizeBytes } = zipOf(entries);
    return reply
      .header('content-type', 'application/zip')
      .header('content-disposition', `attachment; ${fileNames(`${name}.zip`)}`)
      .headers(sizeBytes === null ? {} : { 'content-length': sizeBytes })
      .send(bytes);
  });
}

/** A name for every browser, and the real one for those that read it. @see https://www.rfc-editor.org/rfc/rfc6266#appendix-D */
function fileNames(name: string): string {
  const escaped = encodeURIComponent(name.replaceAll(/[/\\\p{Cc}\p{Cs}]/gu, '_')).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return `filename="${name.replace(/[^\w.-]/g, '_')}"; filename*=UTF-8''${escaped}`;
}

/** Streams files as an archive, stored, not packed: weights and pictures hardly shrink. It breaks off where a file is not as long as told. */
function zipOf(entries: ExportFiles['entries']): { bytes: Readable; sizeBytes: number | null } {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let reading: Readable | null = null;
  for (const { name, file, sizeBytes, mtimeMs } of entries) {
    if (file === null) {
      zip.addEmptyDirectory(name);
      continue;
    }
    const options = { size: sizeBytes, mtime: new Date(mtimeMs), mode: 0o100644, compress: false };
    zip.addReadStreamLazy(name, options, (hand) => {
      reading = createReadStream(file);
      hand(null, reading);
    });
  }
  zip.on('error', (error: Error) => output.destroy(error));
  output.once('close', () => reading?.destroy()); // the browser went away
  let sizeBytes: number | null = null;
  const tell = (total: number): void => void (sizeBytes = total < 0 ? null : total);
  zip.end(undefined, tell as () => void); // called at once, since all sizes are given; the types do not know the number
  return { bytes: output, sizeBytes };
}
