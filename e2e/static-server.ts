import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

/** A plain static server of one folder, for this machine only; `extra`: files of the story's own, by address. */
export async function serveFolder(
  folder: string,
  extra: Readonly<Record<string, string | Buffer>> = {},
): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://127.0.0.1').pathname).slice(1) || 'index.html';
    const own = extra[name];
    const bytes = own === undefined ? readFile(path.join(folder, path.basename(name))) : Promise.resolve(own);
    bytes.then(
      (content) =>
        response
          .writeHead(200, { 'content-type': types[path.extname(name)] ?? 'application/octet-stream' })
          .end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
