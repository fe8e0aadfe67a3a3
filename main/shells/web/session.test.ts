import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { launch, openDoor, upgradeHeaders, request, sendRaw, type Door } from '../../testing/web-door.ts';

const minuteMs = 60_000;
const statusOf = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
  (await fetch(url, { headers, redirect: 'manual' })).status;

/** A clock that the test turns. */
function clock(): { now: () => number; pass: (ms: number) => void } {
  let time = 1_000_000;
  return { now: () => time, pass: (ms) => (time += ms) };
}

describe('the launch address', () => {
  it('lets one browser in and shows the token no more', async () => {
    const { server } = await openDoor();
    const response = await fetch(server.launchUrl, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
    const cookie = response.headers.get('set-cookie')!;
    expect(cookie).toMatch(new RegExp(`^graft-session-${server.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`));
    const page = await fetch(server.url, { headers: { cookie: cookie.split(';')[0]! } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('the app')]);
  });

  it('is good for one use', async () => {
    const { server } = await openDoor();
    const cookie = await launch(server.launchUrl);
    expect(await statusOf(server.launchUrl)).toBe(401);
    // The browser that used it may press reload.
    expect(await statusOf(server.launchUrl, { cookie })).toBe(303);
  });

  it('holds for a minute', async () => {
    const time = clock();
    const { server } = await openDoor({ now: time.now });
    time.pass(minuteMs + 1);
    expect(await statusOf(server.launchUrl)).toBe(401);
    expect(await statusOf(server.newLaunchUrl())).toBe(303);
  });

  it('holds until it is used when a person has to read it', async () => {
    const time = clock();
    const { server } = await openDoor({ now: time.now, launchHolds: true });
    time.pass(600 * minuteMs);
    expect(await statusOf(server.launchUrl)).toBe(303);
    expect(await statusOf(server.launchUrl)).toBe(401);
  });

  it('is replaced by a newer one', async () => {
    const { server } = await openDoor();
    const newer = server.newLaunchUrl();
    expect([await statusOf(server.launchUrl), await statusOf(newer)]).toEqual([401, 303]);
  });

  it.each(['&launch=x', '&launch='])('is refused with a second token %s', async (more) => {
    const { server } = await openDoor();
    expect(await statusOf(server.launchUrl + more)).toBe(400);
    expect(await statusOf(server.launchUrl)).toBe(303); // and is not used up
  });

  it('takes no list for a token, and no other way than to open it', async () => {
    const { server } = await openDoor();
    expect(await statusOf(server.launchUrl.replace('launch=', 'launch[]='))).toBe(401);
    expect((await fetch(server.launchUrl, { method: 'HEAD' })).status).toBe(401);
    expect((await fetch(server.launchUrl.replace('/?', '/assets/app.js?'))).status).toBe(401);
    expect(await statusOf(server.launchUrl)).toBe(303);
  });
});

describe('wrong tokens', () => {
  it('make the next one wait after ten in a minute', async () => {
    const time = clock();
    const { server } = await openDoor({ now: time.now });
    const wrong = `${server.url}?launch=wrong`;
    for (let i = 0; i < 10; i++) expect(await statusOf(wrong)).toBe(401);
    time.pass(10_000);
    const locked = await fetch(server.launchUrl, { redirect: 'manual' });
    expect([locked.status, locked.headers.get('retry-after')]).toEqual([429, '50']);
    time.pass(50_000);
    expect(await statusOf(server.launchUrl)).toBe(303);
  });

  it('say in a Reply how long a script has to wait', async () => {
    const { server, bearer } = await openDoor();
    const wrong = { authorization: 'Bearer wrong' };
    for (let i = 0; i < 10; i++) expect(await statusOf(`${server.url}nothing`, wrong)).toBe(401);
    const locked = await fetch(`${server.url}nothing`, { headers: bearer });
    expect(await locked.json()).toEqual({
      ok: false,
      error: { code: 'too-many-attempts', params: { retryAfterS: expect.any(Number) as number } },
    });
  });

  it('of a tab left open from before lock nobody out', async () => {
    const { server } = await openDoor();
    const cookie = await launch(server.launchUrl);
    const stale = { cookie: `graft-session-${server.port}=stale` };
    for (let i = 0; i < 10; i++) expect(await statusOf(server.url, stale)).toBe(401);
    expect(await statusOf(server.url, stale)).toBe(429);
    expect([await statusOf(server.url, { cookie }), await statusOf(server.newLaunchUrl())]).toEqual([200, 303]);
  });

  it('from a page of somebody else do not count', async () => {
    const { server } = await openDoor();
    for (let i = 0; i < 20; i++) {
      expect(await statusOf(`${server.url}?launch=wrong`, { origin: 'http://evil.test' })).toBe(403);
    }
    expect(await statusOf(server.launchUrl)).toBe(303);
  });
});

describe('the log', () => {
  it('never holds a token', async () => {
    const door = await openDoor();
    const launchToken = new URL(door.server.launchUrl).searchParams.get('launch')!;
    await fetch(`${door.server.launchUrl}&launch=again`);
    const cookie = await launch(door.server.launchUrl);
    await statusOf(door.server.launchUrl);
    await statusOf(`${door.server.url}api/call/app.info`, { cookie, origin: 'http://evil.test' });
    await statusOf(`${door.server.url}nothing?token=${door.token}`, { ...door.bearer, origin: 'null' });
    const live = [launchToken, cookie.split('=')[1]!, door.token];
    expect(door.log.length).toBeGreaterThan(3);
    for (const token of live) expect(door.log.join('\n')).not.toContain(token);
  });
});

describe('every route', () => {
  /** All that is routed, with something for each parameter, and what is served beside the routes. */
  const doorsOf = ({ server }: Door): { method: string; url: string }[] =>
    server.routes.map(({ method, url }) => ({ method, url: url.replace(/:\w+/g, 'x').replace('*', 'index.html') }));

  it('is among those that the tests know', async () => {
    const door = await openDoor();
    const known = door.server.routes
      .filter(({ method }) => method !== 'HEAD')
      .map(({ method, url }) => `${method} ${url}`);
    expect(known.sort()).toEqual([
      'GET /',
      'GET /*',
      'GET /api/exports/:exportId.zip',
      'GET /api/image/:imageId',
      'GET /image/:imageId',
      'POST /api/call/:method',
      'POST /api/models',
      'POST /api/models/whole',
      'POST /api/pictures',
      'POST /api/shell/:method',
      'POST /api/weights/:backboneId',
      'PUT /api/datasets/:datasetId/archive',
      'PUT /api/datasets/:datasetId/files',
      'PUT /api/datasets/:datasetId/left-out',
    ]);
  });

  it('asks for a session: none, a wrong and an expired one are refused', async () => {
    const time = clock();
    const door = await openDoor({ now: time.now });
    const expired = await launch(door.server.launchUrl);
    time.pass(8 * 24 * 60 * minuteMs);
    const origin = door.server.url.slice(0, -1);
    const doors = [
      ...doorsOf(door),
      { method: 'GET', url: '/nothing' },
      { method: 'DELETE', url: '/' },
      { method: 'GET', url: '/%zz' },
    ];
    for (const { method, url } of doors) {
      const ways: Record<string, string>[] = [
        {},
        { authorization: 'Bearer wrong' },
        { authorization: 'Basic eDp5' },
        { cookie: expired },
      ];
      for (const headers of ways) {
        time.pass(minuteMs); // so that none has to wait
        const response = await fetch(origin + url, { method, headers: { origin, ...headers } });
        expect([method, url, response.status]).toEqual([method, url, 401]);
      }
    }
    expect([door.backend.calls, door.backend.files, door.backend.thumbnails]).toEqual([[], [], []]);
  });

  it('asks for a session before an upgrade too', async () => {
    const door = await openDoor();
    const host = ['host', `127.0.0.1:${door.server.port}`] as const;
    const origin = ['origin', `http://${host[1]}`] as const;
    const ways = [
      [origin],
      [['authorization', 'Bearer wrong']],
      [origin, ['cookie', `graft-session-${door.server.port}=old`]],
    ] as const;
    for (const way of ways) {
      const answer = await sendRaw(door.server.port, request('/api/events', 'GET', [host, ...way, ...upgradeHeaders]));
      expect(answer.status).toBe(401);
      expect(answer.headers).toContain('x-content-type-options: nosniff');
    }
  });

  it('lets a script in by its token alone, on the events as well', async () => {
    const { server, bearer } = await openDoor();
    expect(await statusOf(server.url, bearer)).toBe(200);
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/api/events`, { headers: bearer });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});
