import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Puts a cached file in its place: by hard link, so that a clone costs no space, else as a copy. */
export function placeFile(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  place(from, to);
}

/** Makes a folder hold just what a cached folder holds. Links stay links; what is in place is not touched. */
export function placeTree(from, to) {
  mkdirSync(to, { recursive: true });
  const entries = readdirSync(from, { withFileTypes: true });
  const wanted = new Set(entries.map((entry) => entry.name));
  for (const name of readdirSync(to)) if (!wanted.has(name)) rmSync(join(to, name), { recursive: true });
  for (const entry of entries) {
    if (entry.isDirectory()) placeTree(join(from, entry.name), join(to, entry.name));
    else place(join(from, entry.name), join(to, entry.name));
  }
}

function place(from, to) {
  if (isSame(from, to)) return; // a running process may have it open
  rmSync(to, { recursive: true, force: true });
  if (lstatSync(from).isSymbolicLink()) return symlinkSync(readlinkSync(from), to);
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // another file system, or one without hard links
  }
}

function isSame(from, to) {
  const [one, other] = [from, to].map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }));
  return other !== undefined && one.ino === other.ino && one.dev === other.dev;
}
