import type { Reply } from '../../../contract/errors.ts';
import { toWire } from '../../../contract/errors.ts';
import { shellMethods, type ShellHandlers, type ShellMethodName } from '../../../contract/shell.ts';
import { isOwnUrl } from './navigation.ts';

/** The channels between preload and main; there are no others. */
export const channels = { call: 'graft:call', shell: 'graft:shell', event: 'graft:event' } as const;

/** What is used of Electron's `IpcMainInvokeEvent`. */
export interface Sent {
  sender: unknown;
  senderFrame: { url: string; parent: unknown } | null;
}
/** What is used of Electron's `BrowserWindow`. */
export interface OurWindow {
  webContents: unknown;
  isDestroyed(): boolean;
}

/** Whether a message comes from the main frame of our window, and that frame is still on our own page. */
export function isOurs(event: Sent, window: OurWindow | null): boolean {
  try {
    const frame = event.senderFrame;
    return (
      window !== null &&
      !window.isDestroyed() &&
      event.sender === window.webContents &&
      frame !== null &&
      frame.parent === null &&
      isOwnUrl(frame.url)
    );
  } catch {
    return false; // a frame that is gone throws when it is looked at
  }
}

export interface RelayOptions {
  window(): OurWindow | null;
  /** The backend's `call`: it parses, and never throws. */
  call: (method: string, input: unknown) => Promise<Reply<unknown>>;
  shell: ShellHandlers;
  /** Logs a bug and returns the id it can be found under. */
  logged: (error: unknown) => string;
}
type Listener = (event: Sent, method: unknown, input: unknown) => Promise<Reply<unknown>>;

/** Makes the listeners of both channels: they check who asks, then let the request be parsed, and always answer a reply. */
export function createRelay(options: RelayOptions): { call: Listener; shell: Listener } {
  const relay =
    (answer: (method: string, input: unknown) => Promise<Reply<unknown>>): Listener =>
    async (event, method, input) => {
      if (!isOurs(event, options.window())) return failed('not-authorised', {});
      if (typeof method !== 'string') return failed('unknown-method', { method: typeof method });
      try {
        return await answer(method, input);
      } catch (error) {
        return { ok: false, error: toWire(error, options.logged) };
      }
    };
  return { call: relay(options.call), shell: relay((method, input) => callShell(options.shell, method, input)) };
}

async function callShell(handlers: ShellHandlers, method: string, input: unknown): Promise<Reply<unknown>> {
  if (!Object.hasOwn(shellMethods, method)) return failed('unknown-method', { method });
  const name = method as ShellMethodName;
  const parsed = shellMethods[name].input.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return failed('invalid-input', { method, field: issue?.path.join('.') ?? '', problem: issue?.message ?? '' });
  }
  const handler = handlers[name] as (parsedInput: unknown) => Promise<unknown>;
  return { ok: true, value: shellMethods[name].output.parse(await handler(parsed.data)) };
}

const failed = (code: string, params: Record<string, unknown>): Reply<never> => ({
  ok: false,
  error: { code, params },
});
