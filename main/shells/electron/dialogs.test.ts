import { describe, expect, it, vi } from 'vitest';
import { GraftError, type Reply } from '../../../contract/errors.ts';
import { createShellHandlers } from './dialogs.ts';
import { shellWords } from './words.ts';

function handlersFor(chosen: string[] = [], exported: Reply<unknown> = { ok: true, value: '/home/exports/e' }) {
  const desktop = {
    showOpenDialog: vi.fn(async () => chosen),
    showItemInFolder: vi.fn(),
    openExternal: vi.fn(async () => undefined),
    setProgressBar: vi.fn(),
  };
  const handlers = createShellHandlers({
    desktop,
    platform: 'linux',
    home: '/home',
    words: () => shellWords('en', 'ko'),
    exportFolder: async () => exported,
  });
  return { desktop, handlers };
}

describe('createShellHandlers', () => {
  it('says what the desktop can do', async () => {
    expect(await handlersFor().handlers['shell.info']({})).toEqual({
      kind: 'electron',
      platform: 'linux',
      canPickFolder: true,
      canAddPath: true,
      canReveal: true,
      homeHint: '/home',
    });
  });

  it('gives the chosen folder, or null when the person turned away', async () => {
    expect(await handlersFor(['/pictures']).handlers['shell.pickFolder']({ purpose: 'open' })).toBe('/pictures');
    expect(await handlersFor([]).handlers['shell.pickFolder']({ purpose: 'open' })).toBeNull();
  });

  it('lets a new folder be made only to export into', async () => {
    const { desktop, handlers } = handlersFor();
    await handlers['shell.pickFolder']({ purpose: 'export' });
    expect(desktop.showOpenDialog).toHaveBeenCalledWith({
      title: 'Choose an empty folder for the model',
      properties: ['openDirectory', 'createDirectory'],
    });
  });

  it('takes many pictures and one weight file', async () => {
    const { desktop, handlers } = handlersFor(['/a.jpg', '/b.jpg']);
    expect(await handlers['shell.pickFile']({ purpose: 'pictures' })).toEqual(['/a.jpg', '/b.jpg']);
    await handlers['shell.pickFile']({ purpose: 'weights' });
    const asked = desktop.showOpenDialog.mock.calls.map(
      (args: unknown[]) => (args[0] as { properties: string[] }).properties,
    );
    expect(asked).toEqual([['openFile', 'multiSelections'], ['openFile']]);
  });

  it('shows the folder of an export by its id', async () => {
    const { desktop, handlers } = handlersFor();
    await handlers['shell.reveal']({ exportId: 'e' });
    expect(desktop.showItemInFolder).toHaveBeenCalledWith('/home/exports/e');
  });

  it('passes on that an export is not there', async () => {
    const { desktop, handlers } = handlersFor([], {
      ok: false,
      error: { code: 'export-not-found', params: { exportId: 'e' } },
    });
    await expect(handlers['shell.reveal']({ exportId: 'e' })).rejects.toEqual(
      new GraftError('export-not-found', { exportId: 'e' }),
    );
    expect(desktop.showItemInFolder).not.toHaveBeenCalled();
  });

  it('opens a known link and refuses every other', async () => {
    const { desktop, handlers } = handlersFor();
    await handlers['shell.openExternal']({ url: 'https://arxiv.org/abs/1801.04381' });
    for (const url of ['file:///etc/passwd', 'smb://arxiv.org/x', 'https://evil.org/'])
      await expect(handlers['shell.openExternal']({ url })).rejects.toMatchObject({ code: 'invalid-input' });
    expect(desktop.openExternal).toHaveBeenCalledOnce();
  });

  it('shows progress on the taskbar and takes it away', async () => {
    const { desktop, handlers } = handlersFor();
    await handlers['shell.progress']({ fraction: 0.5 });
    await handlers['shell.progress']({ fraction: null });
    expect(desktop.setProgressBar.mock.calls).toEqual([[0.5], [-1]]);
  });
});
