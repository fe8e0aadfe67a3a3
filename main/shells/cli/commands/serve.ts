import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
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
  const roots = (flags.root ?? []).map(userPath);
  const session = await openSession(out, roots);
  const tls =
    flags.tlsCert && flags.tlsKey
      ? { cert: await readFile(userPath(flags.tlsCert)), key: await readFile(userPath(flags.tlsKey)) }
      : undefined;
  const server = await startWebServer({
    backend: session.backend,
    rendererFolder: path.join(programFolder, 'renderer'),
    host: flags.host,
    port: flags.port ?? 0,
    roots,
    iKnow: flags.iKnow ?? false,
    // Opened at once the token is used at once; printed it waits for the person who reads it.
    launchHolds: !flags.open,
    log: (text) => out.note(text),
    ...(tls && { tls }),
  });
  out.event('serving', { url: server.url, launchUrl: server.launchUrl }, `Graft: ${server.launchUrl}`);
  if (flags.open && !openInBrowser(server.launchUrl))
    out.note('No browser was found to open it: open the address yourself.');
  await new Promise<void>((resolve) => onInterrupt(resolve));
  await server.close();
  await session.backend.close();
}

/** @returns whether a program to open it with was found */
function openInBrowser(url: string): boolean {
  const [command, args] =
    process.platform === 'win32'
      ? ['rundll32', ['url.dll,FileProtocolHandler', url]]
      : process.platform === 'darwin'
        ? ['open', [url]]
        : ['xdg-open', [url]];
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return false;
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined); // the address is on the screen
  child.unref();
  return true;
}
