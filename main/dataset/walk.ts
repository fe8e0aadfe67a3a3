import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { compareCodePoints } from './order.ts';

/** What lies in a folder: something to read, or something that cannot be. */
export type WalkEntry =
  | { kind: 'file'; path: string }
  /** A folder with nothing of its own to read below; says that it is there. */
  | { kind: 'folder'; path: string }
  | { kind: 'unreadable' | 'too-deep'; path: string; detail: string };

export interface WalkOptions {
  signal?: AbortSignal | undefined;
  /** Asked with the real path behind each link; false leaves it out, as `unreadable`. By default links are followed. */
  isAllowed?: ((realPath: string) => boolean) | undefined;
}

const maxDepth = 32;
/** Milliseconds of work between two breaths of the event loop. */
const sliceMs = 12;
const ignoredNames = new Set([
  '__macosx',
  'thumbs.db',
  'desktop.ini',
  '$recycle.bin',
  'system volume information',
  '@eadir',
]);

/** Whether a file or folder is the system's or the user's hidden business, passed over in silence. */
export function isIgnored(name: string): boolean {
  return name.startsWith('.') || ignoredNames.has(name.toLowerCase());
}

/**
 * Lists everything below a folder, sorted by code point within each folder, paths relative with forward slashes. Links are
 * followed once each, so that loops end. Memory grows with the names of one folder, not of the whole tree.
 *
 * Reads names synchronously in short slices: measured twice to four times as fast as promises, and the event loop is
 * never kept for longer than `sliceMs` and one system call.
 */
export async function* walk(root: string, options: WalkOptions = {}): AsyncGenerator<WalkEntry> {
  const breathe = createBreather(options.signal);
  const seen = new Set<string>([fs.realpathSync(root)]);
  const stack: { path: string; depth: number }[] = [{ path: '', depth: 0 }];
  while (stack.length > 0) {
    const folder = stack.pop()!;
    let entries: fs.Dirent[];
    try {
      entries = fs.readdirSync(path.join(root, folder.path), { withFileTypes: true });
    } catch (error) {
      yield { kind: 'unreadable', path: folder.path, detail: errorCode(error) };
      continue;
    }
    if (folder.path !== '') yield { kind: 'folder', path: folder.path };
    entries.sort((a, b) => compareCodePoints(a.name, b.name));
    const below: { path: string; depth: number }[] = [];
    for (const entry of entries) {
      await breathe();
      if (isIgnored(entry.name)) continue;
      const entryPath = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`;
      let isFolder = entry.isDirectory();
      let isFile = entry.isFile();
      if (entry.isSymbolicLink() || (!isFolder && !isFile)) {
        try {
          const real = fs.realpathSync(path.join(root, entryPath));
          const stat = fs.statSync(real);
          isFolder = stat.isDirectory();
          isFile = stat.isFile();
          if (options.isAllowed && !options.isAllowed(real)) {
            yield { kind: 'unreadable', path: entryPath, detail: 'link-outside' };
            continue;
          }
        } catch (error) {
          yield { kind: 'unreadable', path: entryPath, detail: errorCode(error) };
          continue;
        }
      }
      if (isFile) yield { kind: 'file', path: entryPath };
      else if (!isFolder) yield { kind: 'unreadable', path: entryPath, detail: 'neither file nor folder' };
      else if (folder.depth + 1 > maxDepth)
        yield { kind: 'too-deep', path: entryPath, detail: `deeper than ${maxDepth} folders` };
      else {
        if (entry.isSymbolicLink()) {
          const real = fs.realpathSync(path.join(root, entryPath));
          if (seen.has(real) || isAbove(real, path.join(root, folder.path))) {
            yield { kind: 'unreadable', path: entryPath, detail: 'link-loop' };
            continue;
          }
          seen.add(real);
        }
        below.push({ path: entryPath, depth: folder.depth + 1 });
      }
    }
    stack.push(...below.reverse());
  }
}

/** Whether `real` is the folder itself or above it, so that following it would come back here. */
function isAbove(real: string, folder: string): boolean {
  const relative = path.relative(real, fs.realpathSync(folder));
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

/** Makes a function that lets the event loop breathe when a slice is used up, and throws when the work is called off. */
export function createBreather(signal?: AbortSignal): () => Promise<void> | undefined {
  let until = performance.now() + sliceMs;
  return () => {
    if (performance.now() < until) return undefined;
    return yieldToEvents().then(() => {
      signal?.throwIfAborted();
      until = performance.now() + sliceMs;
    });
  };
}

/** The system's name for what went wrong: `EACCES`, `ENOENT`. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : String(error);
}
