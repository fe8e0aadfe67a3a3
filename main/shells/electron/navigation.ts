import { externalHosts } from '../../../contract/shell.ts';

/** Where the window lives; nothing else is ever shown in it. */
export const appOrigin = 'app://graft';
export const appUrl = `${appOrigin}/index.html`;

/** Whether an address, as Chromium writes it, is one of the app's own pages. */
export function isOwnUrl(url: unknown): boolean {
  // After these twelve characters nothing can change scheme or host any more, so there is nothing to parse.
  return typeof url === 'string' && url.startsWith(`${appOrigin}/`);
}

/** Whether a link may open in the system's browser: https on a known host, no name, password or port. */
export function isExternalUrl(url: unknown): url is string {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  const { protocol, host, username, password } = new URL(url);
  return (
    protocol === 'https:' && username === '' && password === '' && (externalHosts as readonly string[]).includes(host)
  );
}

interface Preventable {
  preventDefault(): void;
}
/** What is used of Electron's `WebContents`. */
export interface Guarded {
  on(
    event: 'will-navigate' | 'will-redirect' | 'will-frame-navigate',
    listener: (details: Preventable & { url: string }) => void,
  ): unknown;
  on(event: 'will-attach-webview', listener: (event: Preventable) => void): unknown;
  setWindowOpenHandler(handler: (details: { url: string }) => { action: 'deny' }): void;
}

/** Keeps web contents on the app's own pages. A new window is never opened; a known link goes to the system's browser. */
export function guardNavigation(contents: Guarded, openExternal: (url: string) => void): void {
  const stay = (details: Preventable & { url: string }) => {
    if (!isOwnUrl(details.url)) details.preventDefault();
  };
  contents.on('will-navigate', stay);
  contents.on('will-redirect', stay);
  contents.on('will-frame-navigate', stay);
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    if (isExternalUrl(url)) openExternal(url);
    return { action: 'deny' };
  });
}
