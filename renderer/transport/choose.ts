import { HttpTransport } from './http.ts';
import { IpcTransport, type GraftBridge } from './ipc.ts';
import type { RendererTransport } from './transport.ts';

declare global {
  interface Window {
    /** There only in the desktop shell. */
    readonly graft?: GraftBridge;
  }
}

/** The transport of the shell that this window runs in. */
export function chooseTransport(): RendererTransport {
  return window.graft === undefined ? new HttpTransport(window.location.origin) : new IpcTransport(window.graft);
}
