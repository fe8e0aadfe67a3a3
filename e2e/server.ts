import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

export const repository = path.resolve(import.meta.dirname, '..');

/** A `graft serve` process of this test's own. */
export interface Server {
  url: string;
  /** Good for one use. */
  launchUrl: string;
  /** Ends the process and waits for its end. */
  stop: () => Promise<void>;
  /** Ends the process with no time to tidy up, as a power cut does. */
  kill: () => Promise<void>;
}

const withWeb = (port: number): Record<string, string> => ({
  GRAFT_STORY_WEB: String(port),
  NODE_OPTIONS: `--import ${pathToFileURL(path.join(import.meta.dirname, 'fake-web.mjs')).href}`,
});

/**
 * Starts Graft's web shell on a free port.
 *
 * @param root the folder whose pictures it may open by path
 * @param web port of a server that plays the web
 */
export async function startServer(home: string, root: string, web: number | null = null): Promise<Server> {
  const cli = path.join(repository, 'out', 'cli.js');
  const child = spawn(process.execPath, [cli, 'serve', '--json', '--port', '0', '--root', root], {
    env: { ...process.env, GRAFT_HOME: home, ...(web !== null && withWeb(web)) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints: string[] = [];
  child.stderr.on('data', (text: Buffer) => complaints.push(text.toString()));
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { event: string; url: string; launchUrl: string };
    if (said.event === 'serving') {
      child.stdout.resume();
      return { url: said.url, launchUrl: said.launchUrl, stop, kill };
    }
  }
  throw new Error(`graft serve ended before it served: ${complaints.join('')}`);
}
