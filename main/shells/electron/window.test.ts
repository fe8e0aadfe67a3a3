import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';

const made: unknown[] = [];
const listeners = new Map<string, () => void>();
const shown = { maximize: vi.fn(), show: vi.fn() };
vi.mock('electron', () => ({
  BrowserWindow: class {
    constructor(options: unknown) {
      made.push(options);
    }
    once = (event: string, listener: () => void) => listeners.set(event, listener);
    on = (event: string, listener: () => void) => listeners.set(event, listener);
    getNormalBounds = () => ({ x: 1, y: 2, width: 900, height: 700 });
    isMaximized = () => true;
    maximize = shown.maximize;
    show = shown.show;
  },
}));
const { openWindow, readWindowState, securePreferences, windowOptions } = await import('./window.ts');

const screen = { x: 0, y: 0, width: 1920, height: 1080 };
const nothing = { bounds: null, isMaximized: false };
const remembered = (bounds: unknown) => readWindowState(JSON.stringify({ bounds, isMaximized: false }), [screen]);

describe('windowOptions', () => {
  it('lets the page do nothing beyond the web', () => {
    expect(windowOptions('/p.cjs', nothing, false)).toEqual({
      width: 1280,
      height: 800,
      minWidth: 800,
      minHeight: 600,
      show: false,
      title: 'Graft',
      backgroundColor: '#ffffff',
      webPreferences: {
        preload: '/p.cjs',
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        experimentalFeatures: false,
        webviewTag: false,
        navigateOnDragDrop: false,
        safeDialogs: true,
        spellcheck: false,
      },
    });
    expect(Object.isFrozen(securePreferences)).toBe(true);
  });

  it('is dark before the page has drawn where the theme is', () => {
    expect(windowOptions('/p.cjs', nothing, true).backgroundColor).toBe('#16181b');
  });

  it('is the only place that makes a window', async () => {
    const found: string[] = [];
    for (const file of await sources(['main', 'preload']))
      if (/new\s+(BrowserWindow|BaseWindow|WebContentsView|BrowserView)\s*\(/.test(await readFile(file, 'utf8')))
        found.push(path.basename(file));
    expect(found).toEqual(['window.ts']);
  });
});

describe('readWindowState', () => {
  it('puts the window back where it was', () => {
    expect(remembered({ x: 10, y: 20, width: 900, height: 700 }).bounds).toEqual({
      x: 10,
      y: 20,
      width: 900,
      height: 700,
    });
    expect(readWindowState('{"isMaximized":true}', [screen])).toEqual({ bounds: null, isMaximized: true });
  });

  it('forgets a place that no screen shows any more', () => {
    expect(remembered({ x: 2000, y: 20, width: 900, height: 700 }).bounds).toBeNull();
    expect(remembered({ x: 10, y: -300, width: 900, height: 700 }).bounds).toBeNull();
    expect(remembered({ x: 10, y: 1070, width: 900, height: 700 }).bounds).toBeNull();
  });

  it.each([
    null,
    '',
    '{',
    '7',
    'null',
    '[]',
    '{"bounds":{"x":"1"}}',
    '{"bounds":{"x":0,"y":0,"width":1,"height":1}}',
    '{"bounds":{"x":0.5,"y":0,"width":900,"height":900}}',
  ])('takes %j for nothing', (text) => {
    expect(readWindowState(text, [screen])).toEqual(nothing);
  });
});

describe('openWindow', () => {
  it('shows the window when its page is ready and hands over its state as it closes', () => {
    const save = vi.fn();
    openWindow('/p.cjs', { bounds: { x: 5, y: 6, width: 1000, height: 700 }, isMaximized: true }, false, save);
    expect(made[0]).toMatchObject({ x: 5, y: 6, width: 1000, height: 700, show: false });
    expect(shown.show).not.toHaveBeenCalled();
    listeners.get('ready-to-show')?.();
    expect(shown.maximize).toHaveBeenCalledOnce();
    expect(shown.show).toHaveBeenCalledOnce();
    listeners.get('close')?.();
    expect(save).toHaveBeenCalledWith({ bounds: { x: 1, y: 2, width: 900, height: 700 }, isMaximized: true });
  });
});

async function sources(folders: string[]): Promise<string[]> {
  const root = path.resolve(import.meta.dirname, '../../..');
  const files: string[] = [];
  for (const folder of folders)
    for (const entry of await readdir(path.join(root, folder), { recursive: true }))
      if (entry.endsWith('.ts') && !entry.endsWith('.test.ts')) files.push(path.join(root, folder, entry));
  return files;
}
