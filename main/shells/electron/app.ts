/** Entry of the desktop app: Electron's main process. It assembles the parts beside it and decides nothing else. */
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
  type MessagePortMain,
} from 'electron';
import { Settings } from '../../../contract/contract.ts';
import { createLog } from '../../backend/log.ts';
import { graftHome } from '../../store/paths.ts';
import { writeFileAtomic } from '../../store/write-atomic.ts';
import { appFiles } from './app-files.ts';
import { answerApp, privilegedSchemes } from './app-protocol.ts';
import { createBackendHost, type BackendHost } from './backend-host.ts';
import { createShellHandlers, type Desktop } from './dialogs.ts';
import { answerImage } from './image-protocol.ts';
import { menuTemplate } from './menu.ts';
import { appUrl, guardNavigation } from './navigation.ts';
import { guardPermissions } from './permissions.ts';
import { answerPicture, isPicture } from './picture-protocol.ts';
import { channels, createRelay } from './relay.ts';
import { openWindow, readWindowState, type WindowState } from './window.ts';
import { shellWords, type Screen } from './words.ts';

const files = appFiles(path.dirname(fileURLToPath(import.meta.url)));
const home = graftHome(process.env, process.platform, os.homedir());
const electronHome = path.join(home, 'electron');
const stateFile = path.join(electronHome, 'window.json');
const log = createLog(home);
const closeGraceMs = 5000;

let window: BrowserWindow | null = null;
let backend: BackendHost | null = null;
let settings: Settings = { language: 'system', theme: 'system' };
let saving: Promise<void> = Promise.resolve();
let isQuitting = false;

mkdirSync(electronHome, { recursive: true });
app.setPath('userData', electronHome);
app.enableSandbox();
if (app.requestSingleInstanceLock()) {
  protocol.registerSchemesAsPrivileged(privilegedSchemes);
  app.on('web-contents-created', (_event, contents) => guardNavigation(contents, openExternal));
  app.on('second-instance', () => void showWindow().catch(fail));
  app.on('activate', () => void showWindow().catch(fail));
  app.on('window-all-closed', () => process.platform === 'darwin' || app.quit());
  app.on('before-quit', quitGently);
  app.whenReady().then(start).catch(fail);
} else {
  app.quit();
}

async function start(): Promise<void> {
  guardPermissions(session.defaultSession);
  backend = startBackend();
  protocol.handle('app', (request) =>
    isPicture(request) ? answerPicture(request, host().receivePicture) : answerApp(request, files.renderer),
  );
  protocol.handle('graft-image', (request) => answerImage(request, host().thumbnail));
  const relay = createRelay({
    window: () => window,
    call,
    shell: createShellHandlers({ desktop, platform: process.platform, home, words, exportFolder: host().exportFolder }),
    logged,
  });
  ipcMain.handle(channels.call, relay.call);
  ipcMain.handle(channels.shell, relay.shell);
  setMenu();
  await showWindow();
  const reply = await host().call('settings.get', {});
  if (reply.ok) applySettings(reply.value);
}

function startBackend(): BackendHost {
  return createBackendHost<MessagePortMain>({
    home,
    assets: files.assets,
    platform: process.platform,
    fork: (entry, env) =>
      utilityProcess.fork(files[entry], [], { env: { ...process.env, ...env }, serviceName: `graft-${entry}` }),
    channel: () => new MessageChannelMain(),
    killNow,
    now: Date.now,
    onEvent: (message) => window?.webContents.send(channels.event, message),
    onDeath: (facts) => void tellOfDeath(facts).catch(fail),
  });
}

async function call(method: string, input: unknown): ReturnType<BackendHost['call']> {
  const reply = await host().call(method, input);
  if (method === 'settings.set' && reply.ok) applySettings(reply.value);
  return reply;
}

function applySettings(value: unknown): void {
  settings = Settings.parse(value);
  nativeTheme.themeSource = settings.theme;
  setMenu();
}

async function tellOfDeath({ signal, isBack }: { signal: string; isBack: boolean }): Promise<void> {
  log.note(`The backend died: ${signal}`);
  if (!window) return;
  const { title, ...said } = words().backendDied;
  await dialog.showMessageBox(window, {
    type: 'warning',
    title,
    message: title,
    detail: `${isBack ? said.isBack : said.isGone} (${signal})`,
    buttons: [isBack ? said.goOn : said.quit],
  });
  if (isBack) window?.webContents.reload();
  else app.quit();
}

async function showWindow(): Promise<void> {
  if (window) {
    if (window.isMinimized()) window.restore();
    return window.focus();
  }
  if (!backend) return; // asked for while starting: it is about to open
  const saved = await readFile(stateFile, 'utf8').catch(() => null);
  const state = readWindowState(
    saved,
    screen.getAllDisplays().map((display) => display.workArea),
  );
  window ??= openWindow(files.preload, state, nativeTheme.shouldUseDarkColors, saveWindow);
  window.once('closed', () => (window = null));
  await window.loadURL(appUrl);
}

function saveWindow(state: WindowState): void {
  saving = writeFileAtomic(stateFile, JSON.stringify(state)).catch((error: unknown) => void logged(error)); // a lost place is no reason to bother anybody
}

function setMenu(): void {
  const go = (to: Screen) => void window?.loadURL(`${appUrl}#${to}`).catch(() => undefined); // the page stays and hears hashchange; some Electrons call that a failed load
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, words(), go, !app.isPackaged)));
}

function quitGently(event: { preventDefault(): void }): void {
  if (!backend || isQuitting) return;
  isQuitting = true;
  event.preventDefault();
  for (const open of BrowserWindow.getAllWindows()) open.close();
  void backend
    .close(closeGraceMs)
    .then(() => saving)
    .finally(() => app.exit());
}

const desktop: Desktop = {
  showOpenDialog: async (options) =>
    (await (window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options))).filePaths,
  showItemInFolder: (file) => shell.showItemInFolder(file),
  openExternal: (url) => shell.openExternal(url),
  setProgressBar: (fraction) => window?.setProgressBar(fraction),
};

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone already is what was wanted
  }
}

function openExternal(url: string): void {
  shell.openExternal(url).catch(logged);
}

function words() {
  return shellWords(settings.language, app.getLocale());
}

function host(): BackendHost {
  if (!backend) throw new Error('The backend is started first.');
  return backend;
}

function logged(error: unknown): string {
  return log.bug(error);
}

function fail(error: unknown): void {
  logged(error);
  app.exit(1);
}
