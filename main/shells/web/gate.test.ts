import { describe, expect, it } from 'vitest';
import { launch, openDoor, request, sendRaw, upgradeHeaders, type Door } from '../../testing/web-door.ts';

const wantsClose = ['connection', 'close'] as const;
type Headers = readonly (readonly [string, string])[];

/** The status of the same headers on a GET, a POST and an upgrade. */
async function threeWays({ server }: Door, headers: Headers): Promise<number[]> {
  const texts = [
    request('/', 'GET', [...headers, wantsClose]),
    request('/api/call/app.info', 'POST', [...headers, wantsClose], '{}'),
    request('/api/events', 'GET', [...headers, ...upgradeHeaders]),
  ];
  return Promise.all(texts.map(async (text) => (await sendRaw(server.port, text)).status));
}

const welcome = [200, 200, 101];

describe('the Host of a request', () => {
  const good = ['127.0.0.1:P', 'localhost:P', 'LOCALHOST:P', '[::1]:P'];
  const bad = [
    '127.evil.com:P', 'localhost.evil:P', 'evil.test:P', '2130706433:P', '0x7f000001:P', '0177.0.0.1:P', '127.1:P',
    '[::ffff:127.0.0.1]:P', '[0:0:0:0:0:0:0:1]:P', 'localhost.:P', '127.0.0.1.:P', '127.0.0.1', 'localhost', '127.0.0.1:1',
    '127.0.0.1:0P', '127.0.0.1:P@evil.test', 'evil@127.0.0.1:P', '127.0.0.1:P/', '127.0.0.1:P, evil.test', '0.0.0.0:P',
    '127.0.0.2:P', '[::]:P', '::1:P', 'local host:P', '127.0.0.1:', '', 'xn--lcalhost-54a:P', '127.0.0.1%00:P',
    'http://127.0.0.1:P',
  ]; // prettier-ignore

  it.each(good)('%s is let in', async (host) => {
    const door = await openDoor();
    const headers = [
      ['host', host.replace('P', String(door.server.port))],
      ['authorization', door.bearer['authorization']!],
    ] as const;
    expect(await threeWays(door, headers)).toEqual(welcome);
  });

  it.each(bad)('%j is refused, token or not', async (host) => {
    const door = await openDoor();
    const headers = [
      ['host', host.replace('P', String(door.server.port))],
      ['authorization', door.bearer['authorization']!],
    ] as const;
    for (const status of await threeWays(door, headers)) expect([400, 403]).toContain(status);
    expect(door.backend.calls).toEqual([]);
  });

  it('is refused when missing, in HTTP 1.0 too', async () => {
    const door = await openDoor();
    const headers = [['authorization', door.bearer['authorization']!]] as const;
    for (const status of await threeWays(door, headers)) expect([400, 403]).toContain(status);
    const old = await sendRaw(door.server.port, `GET / HTTP/1.0\r\nauthorization: ${headers[0][1]}\r\n\r\n`);
    expect(old.status).toBe(403);
  });

  it('is refused when there are two, whichever comes first', async () => {
    const door = await openDoor();
    const ours = ['host', `127.0.0.1:${door.server.port}`] as const;
    const theirs = ['host', 'evil.test'] as const;
    const token = ['authorization', door.bearer['authorization']!] as const;
    for (const hosts of [
      [ours, theirs],
      [theirs, ours],
      [ours, ours],
    ]) {
      for (const status of await threeWays(door, [...hosts, token])) expect([400, 403]).toContain(status);
    }
  });

  it('may be the name given for the server', async () => {
    const door = await openDoor({ host: '127.0.0.1' });
    expect(door.server.url).toContain('127.0.0.1');
    const absolute = request('http://evil.test/', 'GET', [['host', `127.0.0.1:${door.server.port}`], wantsClose]);
    expect((await sendRaw(door.server.port, absolute)).status).toBe(400);
  });
});

describe('the Origin of a request', () => {
  const session = async (): Promise<{ door: Door; cookie: string; host: string }> => {
    const door = await openDoor();
    return { door, cookie: await launch(door.server.launchUrl), host: `127.0.0.1:${door.server.port}` };
  };
  const others = [
    'http://127.0.0.1:1', 'http://localhost:P', 'https://127.0.0.1:P', 'http://evil.test', 'null', '', 'http://127.0.0.1:P.evil.test',
    'http://127.0.0.1:P/', 'http://127.0.0.1', 'file://', 'chrome-extension://abc', 'http://127.0.0.1:P, http://evil.test',
  ]; // prettier-ignore

  it('may be our own', async () => {
    const { door, cookie, host } = await session();
    expect(
      await threeWays(door, [
        ['host', host],
        ['cookie', cookie],
        ['origin', `http://${host}`],
      ]),
    ).toEqual(welcome);
  });

  it.each(others)('%j is refused, with a session or a token', async (origin) => {
    const { door, cookie, host } = await session();
    const foreign = ['origin', origin.replace('P', String(door.server.port))] as const;
    for (const way of [
      ['cookie', cookie],
      ['authorization', door.bearer['authorization']!],
    ] as const) {
      expect(await threeWays(door, [['host', host], way, foreign])).toEqual([403, 403, 403]);
    }
    expect(door.backend.calls).toEqual([]);
  });

  it('may be missing only for a script with a token', async () => {
    const { door, cookie, host } = await session();
    expect(
      await threeWays(door, [
        ['host', host],
        ['cookie', cookie],
      ]),
    ).toEqual([200, 403, 403]);
    expect(
      await threeWays(door, [
        ['host', host],
        ['authorization', door.bearer['authorization']!],
      ]),
    ).toEqual(welcome);
  });

  it.each(['cross-site', 'same-site', 'nonsense'])(
    'is refused where the browser calls the request %s',
    async (site) => {
      const { door, cookie, host } = await session();
      const headers = [
        ['host', host],
        ['cookie', cookie],
        ['origin', `http://${host}`],
        ['sec-fetch-site', site],
      ] as const;
      expect(await threeWays(door, headers)).toEqual([403, 403, 403]);
    },
  );

  it('is no way around JSON: a form that says text is refused', async () => {
    const { door, cookie, host } = await session();
    const headers = [
      ['host', host],
      ['cookie', cookie],
      ['origin', `http://${host}`],
      ['content-type', 'text/plain'],
      ['content-length', '2'],
      wantsClose,
    ] as const;
    const answer = await sendRaw(door.server.port, `${request('/api/call/app.info', 'POST', headers)}{}`);
    expect(answer.status).toBe(415);
  });
});

describe('every answer', () => {
  it.each([
    ['the app', '/', true],
    ['a file', '/assets/app.js', true],
    ['a picture', '/image/cat?size=64', true],
    ['nothing', '/nothing', true],
    ['a broken address', '/%zz', true],
    ['a refusal', '/', false],
    ['a refused call', '/api/call/app.info', false],
  ])('carries the policy: %s', async (_name, target, isIn) => {
    const door = await openDoor();
    const response = await fetch(door.server.url.slice(0, -1) + target, { headers: isIn ? door.bearer : {} });
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'permissions-policy': 'camera=(self), microphone=(), display-capture=(), geolocation=()',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('tells a window without a session how to get in, without a script', async () => {
    const { server } = await openDoor();
    const response = await fetch(server.url);
    expect([response.status, response.headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8']);
    const page = await response.text();
    expect(page).toContain('Open the address that Graft printed');
    expect(page).not.toContain('<script');
  });
});
