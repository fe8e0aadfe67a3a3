import fs from 'node:fs';
import path from 'node:path';
import type { SkippedFile } from '../../contract/dataset.ts';
import { errorCode, isIgnored } from './walk.ts';

export interface LabelPlacesOptions {
  isAllowed?: ((realPath: string) => boolean) | undefined;
  takesAbsolute: boolean;
}

/** Where the paths of a list lead. They come from a stranger: what leads elsewhere is not even looked at. */
export class LabelPlaces {
  readonly #root: string;
  readonly #folder: string;
  readonly #options: LabelPlacesOptions;
  /** By folder, relative to the root: whether what is in it may be read, or what the system says. */
  readonly #folders = new Map<string, 'allowed' | 'outside' | 'missing-file'>();

  /**
   * @param root absolute and real
   * @param folder the list's, relative to the root; `.` for the root itself
   */
  constructor(root: string, folder: string, options: LabelPlacesOptions) {
    this.#root = root;
    this.#folder = folder;
    this.#options = options;
  }

  /** The path relative to the root, with forward slashes, by which a file is known; null for one that leads elsewhere. */
  find(given: string): string | null {
    const slashed = given.replaceAll('\\', '/');
    if (slashed.includes('\0')) return null;
    if (/^(\/|[a-z]:)/i.test(slashed)) return this.#findAbsolute(slashed);
    const inside = path.posix.normalize(slashed);
    if (inside === '..' || inside.startsWith('../')) return null;
    return this.#spelling(path.posix.join(this.#folder, inside));
  }

  #findAbsolute(slashed: string): string | null {
    const { takesAbsolute, isAllowed } = this.#options;
    if (!takesAbsolute || !path.isAbsolute(slashed) || slashed.startsWith('//')) return null;
    const absolute = path.resolve(slashed);
    if (isAllowed && !isAllowed(absolute)) return null;
    const relative = path.relative(this.#root, absolute);
    // On another drive there is no way from the root.
    return path.isAbsolute(relative) ? null : this.#spelling(relative.split(path.sep).join('/'));
  }

  /** The path as the disk spells it: macOS takes apart what lists hold composed, and the other way round. */
  #spelling(file: string): string {
    if (/^[\u0000-\u007f]*$/.test(file)) return file;
    const spellings = [file, file.normalize('NFC'), file.normalize('NFD')];
    return spellings.find((one) => this.check(one)?.reason !== 'missing-file') ?? file;
  }

  /** Looks whether a file is there and may be read, links followed; null when it may. */
  check(file: string): Omit<SkippedFile, 'path'> | null {
    const folder = this.#folderVerdict(path.posix.dirname(file));
    if (folder !== 'allowed') return { reason: folder };
    const place = path.join(this.#root, file);
    try {
      if (!fs.lstatSync(place).isSymbolicLink()) return null;
      return this.#mayRead(fs.realpathSync(place)) ? null : { reason: 'outside', detail: 'link-outside' };
    } catch (error) {
      return isMissing(error) ? { reason: 'missing-file' } : { reason: 'unreadable', detail: errorCode(error) };
    }
  }

  #folderVerdict(folder: string): 'allowed' | 'outside' | 'missing-file' {
    const known = this.#folders.get(folder);
    if (known) return known;
    let verdict: 'allowed' | 'outside' | 'missing-file';
    try {
      verdict = this.#mayRead(fs.realpathSync(path.join(this.#root, folder))) ? 'allowed' : 'outside';
    } catch {
      verdict = 'missing-file';
    }
    this.#folders.set(folder, verdict);
    return verdict;
  }

  #mayRead(real: string): boolean {
    const { isAllowed } = this.#options;
    return isAllowed === undefined || isAllowed(real);
  }

  /** Counts the files that lie beside listed ones and are not listed. Folders that no row leads to are not looked into. */
  async countUnlisted(
    listed: Iterable<string>,
    labelFile: string,
    breathe: () => Promise<void> | undefined,
  ): Promise<number> {
    const known = new Set([...listed, labelFile]);
    const folders = new Set(Array.from(listed, (file) => path.posix.dirname(file)));
    let numUnlisted = 0;
    for (const folder of folders) {
      await breathe();
      if (this.#folderVerdict(folder) !== 'allowed') continue;
      for (const entry of entriesOf(path.join(this.#root, folder)))
        if (entry.isFile() && !isIgnored(entry.name) && !known.has(path.posix.join(folder, entry.name))) numUnlisted++;
    }
    return numUnlisted;
  }
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error));

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // what cannot be listed holds nothing to count
  }
}
