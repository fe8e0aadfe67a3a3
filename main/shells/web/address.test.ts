import { describe, expect, it } from 'vitest';
import { isLoopback, originOf, parseHost } from './address.ts';
import { openDoor } from '../../testing/web-door.ts';

const pem = { cert: 'x', key: 'x' };

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost', '::ffff:127.0.0.1'])('knows %s as this machine', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(['', '0.0.0.0', '::', '127.evil.com', 'localhost.evil', '2130706433', '0x7f.1', '127.1', '192.168.1.5', '*'])(
    'takes %j for reachable from outside',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe('parseHost', () => {
  it('reads names, addresses and ports, whatever the case', () => {
    expect(parseHost('LocalHost:81', 80)).toEqual({ name: 'localhost', port: 81 });
    expect(parseHost('[::1]', 80)).toEqual({ name: '::1', port: 80 });
  });
  it.each(['a@b', 'a b', 'a:', 'a:0', 'a:1:2', '[::1', '::1', 'a.', '/a', 'a/', '', '[a]', 'a:99x'])(
    'refuses %j',
    (host) => {
      expect(parseHost(host, 80)).toBeNull();
    },
  );
});

describe('originOf', () => {
  it('leaves out the default port, as browsers do', () => {
    expect(originOf('127.0.0.1', 80, false)).toBe('http://127.0.0.1');
    expect(originOf('::1', 8443, true)).toBe('https://[::1]:8443');
  });
});

describe('startWebServer', () => {
  it.each([
    { host: undefined },
    { host: 'localhost' },
    { host: '127.0.0.1' },
    { host: '127.0.0.2' },
    { host: '0.0.0.0', iKnow: true },
  ])('starts with %j', async (options) => {
    const { server } = await openDoor(options);
    expect((await fetch(`http://127.0.0.${options.host === '127.0.0.2' ? 2 : 1}:${server.port}/`)).status).toBe(401);
  });

  it.each([
    { host: '0.0.0.0' },
    { host: '::' },
    { host: '' },
    { host: '192.0.2.1' },
    { host: '2130706433' },
    { host: '127.evil.com' },
    { host: '0.0.0.0', iKnow: false },
  ])('refuses to open to others with %j', async (options) => {
    await expect(openDoor(options)).rejects.toMatchObject({
      code: 'host-needs-protection',
      params: { host: options.host },
    });
  });

  it('binds this machine only unless told otherwise', async () => {
    const { server } = await openDoor();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/`);
    await expect(fetch(`http://127.0.0.2:${server.port}/`)).rejects.toThrow();
  });

  it('says that a port is taken', async () => {
    const { server } = await openDoor();
    await expect(openDoor({ port: server.port })).rejects.toMatchObject({
      code: 'port-in-use',
      params: { port: server.port },
    });
  });

  it('says that a host is not of this machine', async () => {
    await expect(openDoor({ host: '192.0.2.1', iKnow: true })).rejects.toMatchObject({
      code: 'invalid-input',
      params: { field: 'host' },
    });
  });

  it('takes no short token', async () => {
    await expect(openDoor({ token: 'secret' })).rejects.toMatchObject({
      code: 'invalid-input',
      params: { field: 'token' },
    });
  });

  it('does not start without TLS when the certificate cannot be read', async () => {
    await expect(openDoor({ host: '0.0.0.0', tls: pem })).rejects.toThrow();
  });
});
