import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Sums up names, sizes and times of all sources. Another digest means that something was changed, added, renamed or
 * taken away; reading the files themselves would take longer than many a command that waits for this.
 */
export function sourceDigest(root, sources) {
  const hash = createHash('sha256');
  for (const source of sources) add(hash, root, source);
  return hash.digest('hex');
}

function add(hash, root, path) {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) {
    hash.update(`${path}\0${stats.size}\0${stats.mtimeMs}\n`);
    return;
  }
  for (const entry of readdirSync(join(root, path), { withFileTypes: true }).sort(byName)) {
    // Tests and their fixtures go into no bundle.
    if (entry.name.includes('.test.') || entry.name === 'node_modules') continue;
    add(hash, root, `${path}/${entry.name}`);
  }
}

function byName(one, other) {
  return one.name < other.name ? -1 : 1;
}
