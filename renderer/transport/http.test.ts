import { afterEach, describe, expect, it, vi } from 'vitest';
import { maxUploadFileBytes } from '../../contract/dataset.ts';
import type { Reply } from '../../contract/errors.ts';
import { fingerprintOf, fingerprintOfBytes } from './fingerprint.ts';
import { HttpTransport } from './http.ts';

/** A backend behind a connection that loses the first answer of each request whose path fits. */
function lossyBackend(lost: RegExp) {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string): Promise<Response> => {
    const path = url.replace('http://graft', '').replace(/^\/api\/(call\/)?/, '');
    const isFirst = !asked.includes(path);
    asked.push(path);
    if (isFirst && lost.test(path)) throw new TypeError('Failed to fetch');
    const reply: Reply<unknown> = {
      ok: true,
      value: path === 'dataset.remove' ? null : { datasetId: 'up-1', numReceived: 0, isNew: true },
    };
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
    expect([told, asked.at(-1)]).toEqual([[0, 1, 2], 'dataset.finishUpload']);
  });

  it('of files sends the name alone of one that the browser cannot read, and all others', async () => {
    const { transport, asked } = lossyBackend(/gone/);
    const gone = new File(['x'], 'gone.jpg');
    const failing = { getReader: () => ({ read: () => Promise.reject(new DOMException('gone', 'NotReadableError')) }) };
    Object.defineProperty(gone, 'stream', { value: () => failing });
    const files = [
      { path: 'gone.jpg', file: gone },
      { path: 'null.jpg', file: null },
      { path: '0.jpg', file },
    ];
    await transport.addDatasetFiles('pets', files, () => undefined, signal);
    const leftOut = (name: string) => `datasets/up-1/left-out?path=${name}&reason=unreadable`;
    expect(asked.filter((path) => path.includes('gone'))).toEqual([
      'datasets/up-1/files?path=gone.jpg',
      leftOut('gone.jpg'),
      leftOut('gone.jpg'), // its first answer was lost
    ]);
    expect(asked).toEqual(expect.arrayContaining([leftOut('null.jpg'), 'datasets/up-1/files?path=0.jpg']));
    expect(asked.at(-1)).toBe('dataset.finishUpload');
  });

  it('of an archive that the browser cannot read says so', async () => {
    const { transport } = lossyBackend(/offset/);
    const gone = new File(['x'], 'gone.zip');
    const piece = { size: 1, stream: () => { throw new DOMException('gone', 'NotReadableError'); } }; // prettier-ignore
    Object.defineProperty(gone, 'slice', { value: () => piece });
    await expect(transport.addDatasetArchive(gone, () => undefined, signal)).rejects.toMatchObject({
      code: 'archive-damaged',
      params: { path: 'gone.zip', problem: 'not-readable' },
    });
  });

  it('of an archive does so as well', async () => {
    const { transport, asked } = lossyBackend(/offset|finish/);
    expect(await transport.addDatasetArchive(file, () => undefined, signal)).toBe('up-1');
    const put = 'datasets/up-1/archive?offset=0';
    expect(asked).toEqual(['dataset.beginArchive', put, put, 'dataset.finishUpload', 'dataset.finishUpload']);
  });
});

describe('an upload that was cut off', () => {
  const { signal } = new AbortController();

  /** A backend where some of an upload has come already. */
  function halfFullBackend(numReceived: number, received: readonly { path: string; sizeBytes: number | null }[]) {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (url: string): Promise<Response> => {
      const path = url.replace('http://graft', '').replace(/^\/api\/(call\/)?/, '');
      asked.push(path);
      const value = path === 'dataset.uploaded' ? { total: received.length, files: received } : { datasetId: 'up-1', numReceived, isNew: false }; // prettier-ignore
      return Response.json({ ok: true, value });
    });
    return { transport: new HttpTransport('http://graft'), asked };
  }

  it('of files sends only what has not come, or is not what it should be', async () => {
    const files = ['there', 'short', 'left', 'missing'].map((name) => ({ path: name, file: new File(['xyz'], name) }));
    const { transport, asked } = halfFullBackend(3, [
      { path: 'there', sizeBytes: 3 },
      { path: 'short', sizeBytes: 2 },
      { path: 'left', sizeBytes: null },
    ]);
    const told: number[] = [];
    await transport.addDatasetFiles('pets', files, ({ numDone }) => told.push(numDone), signal);
    const put = (name: string) => `datasets/up-1/files?path=${name}`;
    expect(asked).toEqual([
      'dataset.beginUpload',
      'dataset.uploaded',
      put('short'),
      put('missing'),
      'dataset.finishUpload',
    ]);
    expect(told).toEqual([2, 3, 4]);
  });

  it('of an archive goes on from the bytes that have come', async () => {
    const { transport, asked } = halfFullBackend(2, []);
    await transport.addDatasetArchive(new File(['xyz'], 'pets.zip'), () => undefined, signal);
    expect(asked).toEqual(['dataset.beginArchive', 'datasets/up-1/archive?offset=2', 'dataset.finishUpload']);
  });
});

describe('an upload whose backend is started anew', () => {
  const { signal } = new AbortController();

  /** Of the files only those that lie on its disk are known afterwards: it counts what stayed out no more. */
  function forgetfulBackend(isWholeInTheEnd: boolean) {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (url: string): Promise<Response> => {
      const path = url.replace('http://graft', '').replace(/^\/api\/(call\/)?/, '');
      asked.push(path);
      const isSecond = asked.filter((one) => one.startsWith('dataset.begin')).length > 1;
      if (path === 'dataset.finishUpload' && !(isSecond && isWholeInTheEnd))
        return Response.json({
          ok: false,
          error: { code: 'upload-incomplete', params: { name: 'pets', numReceived: 1, numExpected: 2 } },
        });
      const value =
        path === 'dataset.uploaded'
          ? { total: 1, files: [{ path: '0.jpg', sizeBytes: 1 }] }
          : { datasetId: 'up-1', numReceived: isSecond ? 1 : 0, isNew: !isSecond };
      return Response.json({ ok: true, value });
    });
    return { transport: new HttpTransport('http://graft'), asked };
  }
  const files = [
    { path: '0.jpg', file: new File(['x'], '0.jpg') },
    { path: 'gone.jpg', file: null },
  ];
  const leftOut = 'datasets/up-1/left-out?path=gone.jpg&reason=unreadable';

  it('says again what is missing', async () => {
    const { transport, asked } = forgetfulBackend(true);
    expect(await transport.addDatasetFiles('pets', files, () => undefined, signal)).toBe('up-1');
    const second = asked.slice(asked.lastIndexOf('dataset.beginUpload'));
    expect(second).toEqual(['dataset.beginUpload', 'dataset.uploaded', leftOut, 'dataset.finishUpload']);
  });

  it('of an archive goes on from the bytes that are there', async () => {
    const { transport, asked } = forgetfulBackend(true);
    await transport.addDatasetArchive(new File(['xyz'], 'pets.zip'), () => undefined, signal);
    expect(asked.slice(3)).toEqual(['dataset.beginArchive', 'datasets/up-1/archive?offset=1', 'dataset.finishUpload']);
  });

  it('is told as incomplete when it stays so, and waits', async () => {
    const { transport, asked } = forgetfulBackend(false);
    await expect(transport.addDatasetFiles('pets', files, () => undefined, signal)).rejects.toMatchObject({
      code: 'upload-incomplete',
    });
    expect(asked.filter((path) => path === 'dataset.beginUpload')).toHaveLength(2);
    expect(asked).not.toContain('dataset.remove');
  });
});

describe('fingerprintOf', () => {
  const file = (path: string, text: string, lastModified = 1) => ({
    path,
    file: new File([text], path, { lastModified }),
  });

  it('is the same for the same files in any order, and another for others', async () => {
    const files = [file('a/1.jpg', 'x'), file('a/2.jpg', 'yy'), file('b/1.jpg', 'z')];
    const same = await fingerprintOf([...files].reverse());
    expect(await fingerprintOf(files)).toBe(same);
    const others = [
      files.slice(1),
      [...files.slice(1), file('a/1.jpg', 'xx')],
      [...files.slice(1), file('a/1.jpg', 'x', 2)],
      [...files.slice(1), file('a/3.jpg', 'x')],
      [...files.slice(1), { path: 'a/1.jpg', file: null }],
      [...files.slice(1), file('a/1.jpg', 'w')], // of one size and time
    ];
    expect(new Set([same, ...(await Promise.all(others.map(fingerprintOf)))]).size).toBe(7);
  });

  it('of an archive tells archives apart that begin, or end, otherwise', async () => {
    const archive = (text: string) => fingerprintOfBytes(new File([text], 'data.tar'));
    const zeros = '0'.repeat(200_000);
    const prints = await Promise.all([`${zeros}x`, `x${zeros}`, `${zeros}y`].map(archive));
    expect(new Set(prints).size).toBe(3);
    expect(await archive(`${zeros}x`)).toBe(prints[0]);
  });
});

describe('an upload that fails', () => {
  const { signal } = new AbortController();
  const files = Array.from({ length: 12 }, (_, n) => ({ path: `cats/${n}.jpg`, file: new File(['x'], `${n}.jpg`) }));

  /** A backend that refuses one file, and takes a while for the others. */
  function refusingBackend(code: 'disk-full' | 'upload-incomplete', isNew: boolean) {
    const asked: string[] = [];
    const params = { path: '/', name: 'pets', numReceived: 1, numExpected: 2 };
    vi.stubGlobal('fetch', async (url: string): Promise<Response> => {
      const path = url.replace('http://graft', '').replace(/^\/api\/(call\/)?/, '');
      asked.push(path);
      if (path.endsWith('cats%2F1.jpg')) return Response.json({ ok: false, error: { code, params } });
      await new Promise((resolve) => setTimeout(resolve, 5));
      const value = path === 'dataset.remove' ? null : path === 'dataset.uploaded' ? { total: 0, files: [] } : { datasetId: 'up-1', numReceived: isNew ? 0 : 1, isNew }; // prettier-ignore
      return Response.json({ ok: true, value });
    });
    return { transport: new HttpTransport('http://graft'), asked };
  }

  it('is removed where it was new', async () => {
    const { transport, asked } = refusingBackend('disk-full', true);
    await expect(transport.addDatasetFiles('pets', files, () => undefined, signal)).rejects.toMatchObject({
      code: 'disk-full',
    });
    expect(asked).toContain('dataset.remove');
  });

  it('waits where it had been begun before; nothing more is sent, or told', async () => {
    const { transport, asked } = refusingBackend('disk-full', false);
    let numTold = 0;
    await expect(transport.addDatasetFiles('pets', files, () => numTold++, signal)).rejects.toMatchObject({
      code: 'disk-full',
    });
    const [numAsked, before] = [asked.length, numTold];
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(asked).not.toContain('dataset.remove');
    expect(numTold).toBe(before);
    expect(asked.length).toBe(numAsked);
  });

  it('because another window was the first to end is none', async () => {
    const { transport, asked } = refusingBackend('upload-incomplete', false);
    expect(await transport.addDatasetFiles('pets', files, () => undefined, signal)).toBe('up-1');
    expect(asked.at(-1)).toBe('dataset.finishUpload');
  });
});
