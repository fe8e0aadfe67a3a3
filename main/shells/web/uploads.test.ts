import { mkdir, symlink, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { canary, openDoor, request, sendRaw, type Door } from '../../testing/web-door.ts';

const mebibyte = 1024 * 1024;
const origin = ({ server }: Door): string => server.url.slice(0, -1);
const send = (
  door: Door,
  method: string,
  target: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(origin(door) + target, {
    method,
    headers: { ...door.bearer, ...headers },
    ...(body !== undefined && { body }),
  });
const json = { 'content-type': 'application/json' };

describe('an upload', () => {
  it('hands bytes and path to the backend as they came', async () => {
    const door = await openDoor();
    for (const file of [
      'cats/1.jpg',
      '../../etc/passwd',
      '/abs',
      'C:\\x',
      'a\0b',
      '%2e%2e/x',
      'a#b?c',
      '고양이/1.jpg',
    ]) {
      const target = `/api/datasets/d1/files?path=${encodeURIComponent(file)}`;
      const response = await send(door, 'PUT', target, 'x'.repeat(1000));
      expect([response.status, await response.json()]).toEqual([200, { ok: true, value: null }]);
      expect(door.backend.files.at(-1)).toEqual({ datasetId: 'd1', path: file, numBytes: 1000 });
    }
  });

  it('may be of any type, JSON and nothing included', async () => {
    const door = await openDoor();
    const types: Record<string, string>[] = [{ 'content-type': 'image/jpeg' }, json, {}];
    for (const headers of types) {
      const response = await send(door, 'POST', '/api/pictures?name=a.jpg', Buffer.from('{broken'), headers);
      expect(await response.json()).toEqual({ ok: true, value: { imageId: 'p7', name: 'a.jpg' } });
    }
    const empty = await send(door, 'POST', '/api/pictures?name=a.jpg');
    expect(await empty.json()).toEqual({ ok: true, value: { imageId: 'p0', name: 'a.jpg' } });
  });

  it('that the backend refuses is answered, and the connection goes on', async () => {
    const door = await openDoor();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const put = (id: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = { method: 'PUT', agent, headers: { ...door.bearer, 'content-length': 5 * mebibyte } };
        const sent = http.request(`${origin(door)}/api/datasets/${id}/files?path=a`, options, (response) => {
          let text = '';
          response
            .setEncoding('utf8')
            .on('data', (part: string) => (text += part))
            .on('end', () => resolve(text));
        });
        sent.on('error', reject).end(Buffer.alloc(5 * mebibyte));
      });
    expect(await put('gone')).toContain('dataset-not-found');
    expect(await put('gone')).toContain('dataset-not-found');
    expect(JSON.parse(await put('here'))).toEqual({ ok: true, value: null });
  });

  it.each(['', '?path=', '?path=a&path=b', '?path[]=a', `?path=${'x'.repeat(4097)}`])(
    'needs one path: %.20s',
    async (query) => {
      const door = await openDoor();
      const response = await send(door, 'PUT', `/api/datasets/d1/files${query}`, 'x');
      expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'invalid-input' } }]);
      expect(door.backend.files).toEqual([]);
    },
  );

  it('of a file too large is told to the backend, sent or not', async () => {
    const door = await openDoor();
    const headers = [
      ['host', `127.0.0.1:${door.server.port}`],
      ['authorization', door.bearer['authorization']!],
      ['content-length', String(256 * mebibyte + 1)],
    ] as const;
    const sent = await sendRaw(door.server.port, request('/api/datasets/d1/files?path=a%2Fb', 'PUT', headers));
    expect([sent.status, JSON.parse(sent.body)]).toEqual([200, { ok: true, value: null }]);
    const told = await send(door, 'PUT', '/api/datasets/d1/left-out?path=c');
    expect([told.status, await told.json()]).toEqual([200, { ok: true, value: null }]);
    await send(door, 'PUT', '/api/datasets/d1/left-out?path=d&reason=unreadable');
    expect(door.backend.leftOut).toEqual([
      { datasetId: 'd1', path: 'a/b', reason: 'too-large-to-upload' },
      { datasetId: 'd1', path: 'c', reason: 'too-large-to-upload' },
      { datasetId: 'd1', path: 'd', reason: 'unreadable' },
    ]);
    expect(door.backend.files).toEqual([]);
    const gone = await send(door, 'PUT', '/api/datasets/gone/left-out?path=c');
    expect(await gone.json()).toMatchObject({ ok: false, error: { code: 'dataset-not-found' } });
    expect((await send(door, 'PUT', '/api/datasets/d1/left-out')).status).toBe(400);
  });

  it.each([
    ['POST', '/api/pictures?name=a', 100],
    ['POST', '/api/weights/vgg16?name=a', 2048],
    ['POST', '/api/models?name=a', 2048],
  ])('%s %s is refused from its length alone above %i MB', async (method, target, maxMebibytes) => {
    const door = await openDoor();
    const headers = [
      ['host', `127.0.0.1:${door.server.port}`],
      ['authorization', door.bearer['authorization']!],
      ['content-length', String(maxMebibytes * mebibyte + 1)],
    ] as const;
    const answer = await sendRaw(door.server.port, request(target, method, headers));
    expect([answer.status, answer.body]).toEqual([
      413,
      expect.stringContaining(`"maxBytes":${maxMebibytes * mebibyte}`),
    ]);
  });

  it('of unknown length is cut when it grows too large', async () => {
    const door = await openDoor();
    async function* endless(): AsyncGenerator<Buffer> {
      for (let i = 0; i < 200; i++) yield Buffer.alloc(mebibyte);
    }
    const init = { method: 'POST', headers: door.bearer, body: endless() as never, duplex: 'half' } as RequestInit;
    // The answer comes while the body is on its way: some clients see the cut first.
    const status = await fetch(`${origin(door)}/api/pictures?name=a`, init).then(
      (response) => response.status,
      () => 413,
    );
    expect(status).toBe(413);
  });

  it('that breaks off is no file', async () => {
    const door = await openDoor();
    const headers = [
      ['host', `127.0.0.1:${door.server.port}`],
      ['authorization', door.bearer['authorization']!],
      ['content-length', '1000'],
    ] as const;
    const socket = connect(door.server.port, '127.0.0.1');
    socket.write(`${request('/api/datasets/d1/files?path=a', 'PUT', headers)}half`, () =>
      setTimeout(() => socket.destroy(), 100),
    );
    await new Promise((resolve) => socket.on('close', resolve));
    await send(door, 'PUT', '/api/datasets/d1/files?path=b', 'x');
    expect(door.backend.files.map((file) => file.path)).toEqual(['b']);
  });
});

describe('a call', () => {
  it('comes back as a Reply', async () => {
    const door = await openDoor();
    const response = await send(door, 'POST', '/api/call/app.info', '{}', json);
    expect([response.status, await response.json()]).toEqual([200, { ok: true, value: { method: 'app.info' } }]);
    expect(door.backend.calls).toEqual([{ method: 'app.info', input: {} }]);
  });

  it('is refused above 1 MB, broken, or with a key that poisons', async () => {
    const door = await openDoor();
    const statusOf = async (body: string): Promise<unknown[]> => {
      const response = await send(door, 'POST', '/api/call/app.info', body, json);
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    };
    expect(await statusOf(JSON.stringify('x'.repeat(mebibyte)))).toEqual([413, 'upload-too-large']);
    expect(await statusOf('{')).toEqual([400, 'invalid-input']);
    expect(await statusOf('{"__proto__":{"a":1}}')).toEqual([400, 'invalid-input']);
    expect(door.backend.calls).toEqual([]);
  });

  it('to the shell answers what a browser can', async () => {
    const door = await openDoor({ roots: ['/data'] });
    const call = async (method: string, input: unknown): Promise<unknown> =>
      (await send(door, 'POST', `/api/shell/${method}`, JSON.stringify(input), json)).json();
    expect(await call('shell.info', {})).toMatchObject({
      value: { kind: 'web', canPickFolder: false, canAddPath: true, canReveal: false, homeHint: '/data' },
    });
    expect(await call('shell.pickFolder', { purpose: 'open' })).toEqual({ ok: true, value: null });
    expect(await call('shell.pickFile', { purpose: 'weights' })).toEqual({ ok: true, value: [] });
    expect(await call('shell.pickFile', { purpose: 'x' })).toMatchObject({ error: { code: 'invalid-input' } });
    for (const method of ['shell.exec', 'constructor', '__proto__', 'toString']) {
      expect(await call(method, {})).toMatchObject({ error: { code: 'unknown-method', params: { method } } });
    }
  });
});

describe('a picture', () => {
  it('is private, and never active', async () => {
    const door = await openDoor();
    for (const target of ['/image/cat?size=64', '/api/image/cat?size=64']) {
      const response = await send(door, 'GET', target);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/webp',
        'cache-control': 'private, max-age=3600',
        'content-security-policy': expect.stringMatching(/; sandbox$/) as string,
      });
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]));
    }
    expect((await send(door, 'GET', '/image/dog?size=64')).status).toBe(404);
    for (const size of ['', '?size=0', '?size=1e3', '?size=99999', '?size=64&size=64']) {
      expect((await send(door, 'GET', `/image/cat${size}`)).status).toBe(400);
    }
  });
});

describe('an export', () => {
  it('comes as an archive, without what its links point to', async () => {
    const door = await openDoor();
    const folder = path.join(door.outside, 'graft-run-1 "x"\n');
    await mkdir(path.join(folder, 'sub'), { recursive: true });
    await writeFile(path.join(folder, 'model.json'), '{"a":1}');
    await writeFile(path.join(folder, 'sub', 'weights.bin'), Buffer.alloc(3 * mebibyte, 7));
    await symlink(path.join(door.outside, 'secret.txt'), path.join(folder, 'link.txt'));
    await symlink(door.outside, path.join(folder, 'up'));
    door.backend.exports.set('ex-1', folder);
    const response = await send(door, 'GET', '/api/exports/ex-1.zip');
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="graft-run-1__x__.zip"; filename*=UTF-8''graft-run-1%20%22x%22_.zip`,
    );
    const bytes = Buffer.from(await response.arrayBuffer()).toString('latin1');
    expect(Number(response.headers.get('content-length'))).toBe(bytes.length);
    expect(bytes).toMatch(/^PK/);
    expect(bytes).toContain('model.json{"a":1}');
    expect(bytes).toContain('sub/weights.bin');
    expect(bytes).not.toContain('link.txt');
    expect(bytes).not.toContain(canary);
    expect((await send(door, 'GET', '/api/exports/ex-2.zip')).status).toBe(404);
  });
});

describe('hostile names', () => {
  const up = [
    '../secret.txt',
    '../../secret.txt',
    '..\\secret.txt',
    './../secret.txt',
    '....//secret.txt',
    '/../secret.txt',
    '.hidden',
  ];
  const odd = ['.', '..', '\0', 'a\0.zip', 'C:\\x', '\\\\host\\share', '//host/share', '#', '?', 'a?b', 'constructor', '__proto__', 'x'.repeat(900), '고양이', '%', '\r\nx: y']; // prettier-ignore
  const spellings = [
    (text: string) => encodeURIComponent(text),
    (text: string) => encodeURIComponent(encodeURIComponent(text)),
    (text: string) => text.replaceAll('.', '%2e').replaceAll('/', '%2f').replaceAll('\\', '%5c'),
    (text: string) => text.replaceAll('/', '%2f'),
    (text: string) => text,
  ];
  const hostile = [...up, ...odd].flatMap((text) => spellings.map((spell) => spell(text)));
  const places = [
    ['GET', '/X'],
    ['GET', '/assets/X'],
    ['GET', '/image/X?size=64'],
    ['GET', '/api/exports/X.zip'],
    ['POST', '/api/call/X'],
    ['POST', '/api/shell/X'],
    ['POST', '/api/weights/X?name=X'],
    ['POST', '/api/models?name=X'],
    ['PUT', '/api/datasets/X/files?path=X'],
    ['PUT', '/api/datasets/X/left-out?path=X'],
    ['POST', '/api/pictures?name=X'],
  ] as const;

  it.each(places)('get nothing out of %s %s', async (method, place) => {
    const door = await openDoor();
    const headers = [
      ['host', `127.0.0.1:${door.server.port}`],
      ['authorization', door.bearer['authorization']!],
      ['connection', 'close'],
    ] as const;
    for (const name of hostile) {
      const answer = await sendRaw(
        door.server.port,
        request(place.replaceAll('X', name), method, headers, method === 'GET' ? '' : '{}'),
      );
      expect(answer.status, name).toBeLessThan(500);
      expect(answer.body, name).not.toContain(canary);
      expect(answer.headers, name).not.toContain('\nx: y');
    }
  });
});
