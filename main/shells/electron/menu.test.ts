import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it, vi } from 'vitest';
import { menuTemplate } from './menu.ts';
import { shellWords } from './words.ts';

const words = shellWords('en', 'en');
const flat = (items: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
  items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])]);

describe('menuTemplate', () => {
  it('goes to each screen, with a key of its own', () => {
    const go = vi.fn();
    const items = flat(menuTemplate('linux', words, go, false)).filter((item) => item.id?.startsWith('go-'));
    for (const item of items) (item.click as () => void)();
    expect(go.mock.calls.flat()).toEqual(['data', 'model', 'train', 'compare', 'understand', 'use', 'export']);
    expect(new Set(items.map((item) => item.accelerator)).size).toBe(items.length);
  });

  it('has the app’s own menu on macOS alone', () => {
    expect(menuTemplate('darwin', words, vi.fn(), false)[0]?.role).toBe('appMenu');
    expect(flat(menuTemplate('win32', words, vi.fn(), false)).some((item) => item.role === 'appMenu')).toBe(false);
  });

  it('has developer tools in a checkout, not in the packed app', () => {
    const hasTools = (withDevTools: boolean) =>
      flat(menuTemplate('linux', words, vi.fn(), withDevTools)).some((item) => item.role === 'toggleDevTools');
    expect([hasTools(true), hasTools(false)]).toEqual([true, false]);
  });
});

describe('shellWords', () => {
  it('follows the setting, and the system where it says so', () => {
    expect(shellWords('system', 'ko-KR').go).toBe('이동');
    expect(shellWords('en', 'ko-KR').go).toBe('Go');
    expect(shellWords('system', 'fr').go).toBe('Go');
  });
});
