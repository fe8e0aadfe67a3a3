import type { OpenDialogOptions } from 'electron';
import { fromWire, GraftError, type Reply } from '../../../contract/errors.ts';
import { externalHosts, type ShellHandlers } from '../../../contract/shell.ts';
import { isExternalUrl } from './navigation.ts';
import type { ShellWords } from './words.ts';

/** What of Electron the shell's own methods use. */
export interface Desktop {
  /** The paths chosen; none when the person turned away. */
  showOpenDialog(options: OpenDialogOptions): Promise<string[]>;
  showItemInFolder(path: string): void;
  openExternal(url: string): Promise<void>;
  setProgressBar(fraction: number): void;
}
export interface ShellOptions {
  desktop: Desktop;
  platform: string;
  home: string;
  words: () => ShellWords;
  exportFolder: (exportId: string) => Promise<Reply<unknown>>;
}

/** Endings of weight files that `weights.import` can read, of models, and of the pictures that the media worker decodes. */
const endings = {
  weights: ['h5', 'hdf5', 'keras', 'safetensors'],
  model: ['keras', 'h5', 'hdf5', 'json', 'zip'],
  archive: ['zip', 'tar', 'tgz', 'gz'],
  pictures: ['jpg', 'jpeg', 'png', 'webp', 'gif', 'bmp', 'tif', 'tiff', 'avif'],
};

/** The methods that the desktop answers itself: dialogs, file manager, browser, taskbar. */
export function createShellHandlers({ desktop, platform, home, words, exportFolder }: ShellOptions): ShellHandlers {
  return {
    'shell.info': async () => ({
      kind: 'electron',
      platform,
      canPickFolder: true,
      canAddPath: true,
      canReveal: true,
      homeHint: home,
    }),
    'shell.pickFolder': async ({ purpose }) => {
      const [folder] = await desktop.showOpenDialog({
        title: words().pickFolder[purpose],
        properties: purpose === 'export' ? ['openDirectory', 'createDirectory'] : ['openDirectory'],
      });
      return folder ?? null;
    },
    'shell.pickFile': ({ purpose }) =>
      desktop.showOpenDialog({
        title: words().pickFile[purpose],
        properties: purpose === 'pictures' || purpose === 'archive' ? ['openFile', 'multiSelections'] : ['openFile'],
        filters: [
          { name: words().kindOfFile[purpose], extensions: endings[purpose] },
          { name: words().allFiles, extensions: ['*'] },
        ],
      }),
    'shell.list': async () => ({ path: null, parent: null, entries: [], numMore: 0, numPictures: 0 }),
    'shell.reveal': async ({ exportId }) => {
      const reply = await exportFolder(exportId);
      if (!reply.ok) throw fromWire(reply.error);
      desktop.showItemInFolder(String(reply.value)); // shows it; `openPath` could start something
      return null;
    },
    'shell.openExternal': async ({ url }) => {
      if (!isExternalUrl(url))
        throw new GraftError('invalid-input', {
          method: 'shell.openExternal',
          field: 'url',
          problem: `not https on one of ${externalHosts.join(', ')}`,
        });
      await desktop.openExternal(url);
      return null;
    },
    'shell.progress': async ({ fraction }) => {
      desktop.setProgressBar(fraction ?? -1); // -1 takes the bar away
      return null;
    },
  };
}
