import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Session } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { guardPermissions, isAllowed, type Asked } from './permissions.ts';

const typings = readFileSync(path.resolve(import.meta.dirname, '../../../node_modules/electron/electron.d.ts'), 'utf8');

/** Every permission that Electron's typings name for a handler. */
function permissionsOf(handler: string): string[] {
  const union = new RegExp(`\\b${handler}\\(handler: .*?permission: ([^,]*),`).exec(typings)?.[1] ?? '';
  return [...union.matchAll(/'([^']+)'/g)].map(([, name]) => name as string);
}

type Check = (contents: null, permission: string, origin: string, details: Asked) => boolean;
type Request = (
  contents: null,
  permission: string,
  answer: (granted: boolean) => void,
  details: { requestingUrl: string } & Asked,
) => void;

function guarded() {
  const session = {
    setPermissionCheckHandler: vi.fn(),
    setPermissionRequestHandler: vi.fn(),
    setDevicePermissionHandler: vi.fn(),
    setDisplayMediaRequestHandler: vi.fn(),
    on: vi.fn(),
  };
  guardPermissions(session as unknown as Session);
  const check = session.setPermissionCheckHandler.mock.calls[0]?.[0] as Check;
  const request = session.setPermissionRequestHandler.mock.calls[0]?.[0] as Request;
  return {
    session,
    check: (permission: string, origin: string, asked: Asked = { isMainFrame: true }) =>
      check(null, permission, origin, asked),
    request: (permission: string, requestingUrl: string, asked: Asked = { isMainFrame: true }) => {
      const answers: boolean[] = [];
      request(null, permission, (granted) => answers.push(granted), { requestingUrl, ...asked });
      expect(answers).toHaveLength(1);
      return answers[0];
    },
  };
}
const two = ['clipboard-sanitized-write', 'notifications'];

describe('guardPermissions', () => {
  it('grants two of all permissions of Electron’s typings when a page checks', () => {
    const all = permissionsOf('setPermissionCheckHandler');
    expect(all.length).toBeGreaterThan(30);
    const { check } = guarded();
    expect(all.filter((permission) => check(permission, 'app://graft/')).sort()).toEqual(two);
    expect(all.filter((permission) => check(permission, 'app://graft')).sort()).toEqual(two);
  });

  it('grants the same two when a page requests', () => {
    const all = permissionsOf('setPermissionRequestHandler');
    expect(all.length).toBeGreaterThan(30);
    const { request } = guarded();
    expect(all.filter((permission) => request(permission, 'app://graft/index.html')).sort()).toEqual(two);
  });

  it('grants nothing to another origin', () => {
    const { check, request } = guarded();
    for (const origin of ['', 'null', 'https://arxiv.org', 'app://graft.evil', 'app://evil', 'file://'])
      for (const permission of two) {
        expect(check(permission, origin)).toBe(false);
        expect(request(permission, origin)).toBe(false);
      }
  });

  it('grants the camera, alone, to our main frame, and so three of all permissions', () => {
    const { check, request } = guarded();
    const video = { isMainFrame: true, mediaType: 'video', mediaTypes: ['video'] };
    const granted = (handler: string, ask: typeof check | typeof request) =>
      permissionsOf(handler).filter((permission) => ask(permission, 'app://graft/', video) === true);
    const three = [...two, 'media'].sort();
    expect(granted('setPermissionCheckHandler', check).sort()).toEqual(three);
    expect(granted('setPermissionRequestHandler', request).sort()).toEqual(three);
    for (const mediaType of ['audio', 'unknown', undefined])
      expect(check('media', 'app://graft/', { isMainFrame: true, mediaType })).toBe(false);
    for (const mediaTypes of [['audio'], ['video', 'audio'], [], undefined])
      expect(request('media', 'app://graft/index.html', { isMainFrame: true, mediaTypes })).toBe(false);
    expect(check('media', 'app://graft/', { ...video, isMainFrame: false })).toBe(false);
    expect(request('media', 'app://graft/index.html', { ...video, isMainFrame: false })).toBe(false);
    expect(check('media', 'https://arxiv.org', video)).toBe(false);
    expect(request('display-capture', 'app://graft/index.html', video)).toBe(false);
  });

  it('gives no device, no screen and no download', () => {
    const { session } = guarded();
    expect((session.setDevicePermissionHandler.mock.calls[0]?.[0] as () => boolean)()).toBe(false);
    expect(session.setDisplayMediaRequestHandler).toHaveBeenCalledWith(null);
    const [event, listener] = session.on.mock.calls[0] as [string, (event: { preventDefault(): void }) => void];
    const preventDefault = vi.fn();
    listener({ preventDefault });
    expect(event).toBe('will-download');
    expect(preventDefault).toHaveBeenCalledOnce();
  });
});

describe('isAllowed', () => {
  it('denies a permission that a later Electron may bring', () => {
    expect(isAllowed('mind-reading', 'app://graft/')).toBe(false);
  });
});
