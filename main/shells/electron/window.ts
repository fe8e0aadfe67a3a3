import { BrowserWindow, type BrowserWindowConstructorOptions, type WebPreferences } from 'electron';

/** What the window's page may do: as little as Chromium lets a page do. */
export const securePreferences = Object.freeze({
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
} satisfies WebPreferences);

/** Where a window stands, in screen pixels. */
export interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}
/** What is remembered of a window. */
export interface WindowState {
  bounds: Bounds | null;
  isMaximized: boolean;
}
const minSize = { width: 800, height: 600 };
const firstState: WindowState = { bounds: null, isMaximized: false };
/** Of a title bar this much must be on a screen, to be able to drag it. */
const graspablePx = 100;

/** Reads what was remembered; anything odd, or a place that no screen shows any more, counts as nothing. */
export function readWindowState(text: string | null, screens: readonly Bounds[]): WindowState {
  let saved: Partial<WindowState> | null;
  try {
    saved = JSON.parse(text ?? 'null') as Partial<WindowState> | null;
  } catch {
    return firstState; // half a file from a crash: the window opens at its first place
  }
  const isMaximized = saved?.isMaximized === true;
  const bounds = saved?.bounds;
  const isWhole = bounds && [bounds.x, bounds.y, bounds.width, bounds.height].every(Number.isInteger);
  if (!isWhole || bounds.width < minSize.width || bounds.height < minSize.height) return { bounds: null, isMaximized };
  const isVisible = screens.some(
    (screen) =>
      Math.min(bounds.x + bounds.width, screen.x + screen.width) - Math.max(bounds.x, screen.x) >= graspablePx &&
      bounds.y >= screen.y &&
      bounds.y <= screen.y + screen.height - graspablePx,
  );
  return {
    bounds: isVisible ? { x: bounds.x, y: bounds.y, width: bounds.width, height: bounds.height } : null,
    isMaximized,
  };
}

/** The options of the one window. The colour is what is seen until the page has drawn. */
export function windowOptions(preload: string, state: WindowState, isDark: boolean): BrowserWindowConstructorOptions {
  return {
    width: 1280,
    height: 800,
    ...state.bounds,
    minWidth: minSize.width,
    minHeight: minSize.height,
    show: false,
    title: 'Graft',
    backgroundColor: isDark ? '#16181b' : '#ffffff',
    webPreferences: { ...securePreferences, preload },
  };
}

/** Makes the window: the only place that does. It shows itself when its page is ready, and hands over its state as it closes. */
export function openWindow(
  preload: string,
  state: WindowState,
  isDark: boolean,
  save: (state: WindowState) => void,
): BrowserWindow {
  const window = new BrowserWindow(windowOptions(preload, state, isDark));
  window.once('ready-to-show', () => {
    if (state.isMaximized) window.maximize();
    window.show();
  });
  window.on('close', () => save({ bounds: window.getNormalBounds(), isMaximized: window.isMaximized() }));
  return window;
}
