import type { MenuItemConstructorOptions } from 'electron';
import { screens, type Screen, type ShellWords } from './words.ts';

/** The menu: the system's standard items, and Go with a key for each screen. */
export function menuTemplate(
  platform: NodeJS.Platform,
  words: ShellWords,
  go: (screen: Screen) => void,
  withDevTools: boolean,
): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin';
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  return [
    ...(isMac ? [{ role: 'appMenu' } satisfies MenuItemConstructorOptions] : []),
    { label: words.file, submenu: [{ role: isMac ? 'close' : 'quit' }] },
    {
      label: words.edit,
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: words.go,
      submenu: screens.map((screen, index) => ({
        id: `go-${screen}`,
        label: words.screens[screen],
        accelerator: `CmdOrCtrl+${index + 1}`,
        click: () => go(screen),
      })),
    },
    {
      label: words.view,
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
        ...(withDevTools ? [separator, { role: 'reload' } as const, { role: 'toggleDevTools' } as const] : []),
      ],
    },
    { label: words.window, role: 'windowMenu' },
  ];
}
