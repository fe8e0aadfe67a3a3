import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentSecurityPolicy } from '../../../contract/shell.ts';
import { answerApp, appFile, privilegedSchemes } from './app-protocol.ts';

let folder: string;
let root: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'graft-app-protocol-'));
  root = path.join(folder, 'renderer');
  await mkdir(path.join(root, 'assets'), { recursive: true });
  await mkdir(path.join(folder, 'renderer-other'));
  await writeFile(path.join(folder, 'secret.js'), 'CANARY');
  await writeFile(path.join(folder, 'renderer-other', 'a.js'), 'CANARY');
  await writeFile(path.join(root, 'index.html'), '<!doctype html>');
  await writeFile(path.join(root, 'assets', 'index-Ab_3-x.js'), '1');
  await writeFile(path.join(root, '.hidden.js'), 'CANARY');
  await writeFile(path.join(root, 'notes.txt'), 'CANARY');
  await symlink(path.join(folder, 'secret.js'), path.join(root, 'link.js'));
});
afterAll(() => rm(folder, { recursive: true }));
const get = (url: string) => answerApp({ url }, root);

const hostile = [
  'app://graft/../secret.js',
  'app://graft/assets/../../secret.js',
  'app://graft/%2e%2e/secret.js',
  'app://graft/..%2fsecret.js',
  'app://graft/%2e%2e%2fsecret.js',
  'app://graft/%252e%252e%252fsecret.js',
  'app://graft/..\\secret.js',
  'app://graft/..%5csecret.js',
  'app://graft//etc/passwd',
  'app://graft/%2fetc%2fpasswd',
  'app://graft/C:/Windows/win.ini',
  'app://graft/C:%5cWindows%5cwin.ini',
  'app://graft//server/share/a.js',
  'app://graft/\\\\server\\share\\a.js',
  'app://graft/secret.js%00.html',
  'app://graft/index.html%00',
  'app://graft/../renderer-other/a.js',
  'app://graft/%2e%2e/renderer-other/a.js',
  'app://graft/.hidden.js',
  'app://graft/notes.txt',
  'app://graft/link.js',
  'app://graft/assets',
  'app://graft/assets/',
  'app://graft/assets//index-Ab_3-x.js',
  'app://graft/index.html.',
  'app://graft/index.html::$DATA',
  'app://graft/con',
  'app://graft/missing.js',
  'app://graft.evil/index.html',
  'app://evil/index.html',
  'app://user@graft/index.html',
  'app://graft:80/index.html',
  'file:///etc/passwd',
  'https://graft/index.html',
  'graft-image://graft/index.html',
  '',
  'app:',
  'nonsense',
];

describe('answerApp', () => {
  it('serves the built page with the contract’s policy', async () => {
    for (const url of ['app://graft/', 'app://graft/index.html', 'app://graft/index.html?x=1#train']) {
      const response = await get(url);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(await response.text()).toBe('<!doctype html>');
    }
  });

  it('serves a module as a module', async () => {
    const response = await get('app://graft/assets/index-Ab_3-x.js');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  it.each(hostile)('answers %j with nothing', async (url) => {
    const response = await get(url);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
    expect(await response.text()).toBe('');
  });
});

describe('appFile', () => {
  it('stays in its folder by the rules of Windows too', () => {
    for (const url of hostile) {
      const file = appFile(url, 'C:\\app\\renderer', path.win32);
      if (file !== null) expect(path.win32.relative('C:\\app\\renderer', file)).toMatch(/^\w/);
    }
  });
});

describe('privilegedSchemes', () => {
  it('lets neither scheme around the policy', () => {
    expect(privilegedSchemes.map(({ scheme }) => scheme)).toEqual(['app', 'graft-image']);
    for (const { privileges } of privilegedSchemes) expect(privileges).not.toHaveProperty('bypassCSP');
  });
});
