import { afterEach, describe, expect, it, vi } from 'vitest';
import { maxUploadFileBytes } from '../../contract/dataset.ts';
import type { Reply } from '../../contract/errors.ts';
import { HttpTransport } from './http.ts';

/** A backend behind a connection that loses the first answer of each request whose path fits. */
function lossyBackend(lost: RegExp) {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string): Promise<Response> => {
    const path = url.replace('http://graft', '').replace(/^\/api\/(call\/)?/, '');
    const isFirst = !asked.includes(path);
    asked.push(path);
    if (isFirst && lost.test(path)) throw new TypeError('Failed to fetch');
    const reply: Reply<unknown> = { ok: true, value: path === 'dataset.remove' ? null : { datasetId: 'up-1' } };
    return Response.json(reply);
  });
  return { transport: new HttpTransport('http://graft'), asked };
}
afterEach(() => vi.unstubAllGlobals());

describe('an upload over HTTP', () => {
  const { signal } = new AbortController();
  const file = new File(['x'], 'pets.zip');

  it('of files asks again for each answer that was lost, the last one too', async () => {
    const { transport, asked } = lossyBackend(/files|finish/);
    expect(await transport.addDatasetFiles('pets', [{ path: 'cats/0.jpg', file }], () => undefined, signal)).toBe(
      'up-1',
    );
    const put = 'datasets/up-1/files?path=cats%2F0.jpg';
    expect(asked).toEqual(['dataset.beginUpload', put, put, 'dataset.finishUpload', 'dataset.finishUpload']);
  });

  it('of files sends the name alone of one that is too large to be kept', async () => {
    const { transport, asked } = lossyBackend(/left-out/);
    const large = new File([], 'large.jpg');
    Object.defineProperty(large, 'size', { value: maxUploadFileBytes + 1 });
    const files = [
      { path: 'cats/large.jpg', file: large },
      { path: 'cats/0.jpg', file },
    ];
    const told: number[] = [];
    await transport.addDatasetFiles('pets', files, ({ numDone }) => told.push(numDone), signal);
    const put = 'datasets/up-1/left-out?path=cats%2Flarge.jpg';
    expect(asked.filter((path) => path.includes('large'))).toEqual([put, put]);
    expect(asked).toContain('datasets/up-1/files?path=cats%2F0.jpg');
    expect([told, asked.at(-1)]).toEqual([[1, 2], 'dataset.finishUpload']);
  });

  it('of an archive does so as well', async () => {
    const { transport, asked } = lossyBackend(/offset|finish/);
    expect(await transport.addDatasetArchive(file, () => undefined, signal)).toBe('up-1');
    const put = 'datasets/up-1/archive?offset=0';
    expect(asked).toEqual(['dataset.beginArchive', put, put, 'dataset.finishUpload', 'dataset.finishUpload']);
  });
});
