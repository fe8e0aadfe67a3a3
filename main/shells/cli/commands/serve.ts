import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { GraftError } from '../../../../contract/errors.ts';
import { startWebServer } from '../../web/server.ts';
import { onInterrupt } from '../interrupt.ts';
import { openSession, programFolder, userPath } from '../session.ts';
import type { Output } from '../output.ts';

export interface ServeFlags {
  host: string;
  port?: number;
  tlsCert?: string;
  tlsKey?: string;
  iKnow?: boolean;
  root?: string[];
  open?: boolean;
}

/** Serves the app to a browser until it is stopped. */
export async function serve(out: Output, flags: ServeFlags): Promise<void> {
  if ((flags.tlsCert === undefined) !== (flags.tlsKey === undefined)) {
    throw new GraftError('invalid-input', {
      method: 'serve',
      field: flags.tlsCert ? '--tls-key' : '--tls-cert',
      problem: 'certificate and key go together',
    });
  }
  const opens = flags.open === true && canOpenBrowser();
  const roots = (flags.root ?? []).map(userPath);
  const session = await openSession(out, roots);
  const tls =
    flags.tlsCert && flags.tlsKey
      ? { cert: await readGiven(flags.tlsCert), key: await readGiven(flags.tlsKey) }
      : undefined;
  const server = await startWebServer({
    backend: session.backend,
    rendererFolder: path.join(programFolder, 'renderer'),
    host: flags.host,
    port: flags.port ?? 0,
    roots,
    iKnow: flags.iKnow ?? false,
    // Opened at once the token is used at once; printed it waits for the person who reads it.
    launchHolds: !opens,
    log: (text) => out.note(text),
    ...(tls && { tls }),
  });
  out.event('serving', { url: server.url, launchUrl: server.launchUrl }, `Graft: ${server.launchUrl}`);
  if (opens) openInBrowser(server.launchUrl);
  else if (flags.open) out.note('No browser was found to open it: open the address yourself.');
  await new Promise<void>((resolve) => onInterrupt(resolve));
  await server.close();
  await session.backend.close();
}

/** Whether there is a screen and a program to open an address with. */
function canOpenBrowser(): boolean {
  if (process.platform !== 'linux') return true;
  if (!process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return false;
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(path.join(folder, 'xdg-open')));
}

function openInBrowser(url: string): void {
  const openers: Partial<Record<NodeJS.Platform, [string, string[]]>> = {
    win32: ['rundll32', ['url.dll,FileProtocolHandler', url]],
    darwin: ['open', [url]],
  };
  const [command, args] = openers[process.platform] ?? ['xdg-open', [url]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined); // the address is on the screen
  child.unref();
}

async function readGiven(given: string): Promise<Buffer> {
  const file = userPath(given);
  return readFile(file).catch((cause: unknown) => {
    throw new GraftError('path-not-found', { path: file }, { cause });
  });
}
