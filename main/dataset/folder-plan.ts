import type { Split } from '../../contract/dataset.ts';
import { compareCodePoints } from './order.ts';
import { foldedName, numberedName, plainNameOf } from './plain-name.ts';

/** What goes where when a data set is written as folders. */
export interface FolderPlan {
  /** By class, the name of its folder. */
  folderNames: Map<string, string>;
  /** Those that are made in any case, so that a class without pictures is there too. */
  folders: string[];
  /** `from` relative to the root of the data set, `to` to the new folder, both with forward slashes. */
  files: { from: string; to: string }[];
  /** Files whose own name was taken, or cannot be one on every system. */
  numRenamedFiles: number;
}

/**
 * Places every picture at `train|validation|test/<class>/<name>`, under names that every system takes and none confuses.
 * The same pictures give the same plan.
 */
export function planFolders(
  images: readonly { path: string; className: string; split: Split }[],
  classNames: readonly string[],
): FolderPlan {
  const folderNames = nameFolders(classNames);
  const taken = new Names();
  const files: FolderPlan['files'] = [];
  let numRenamedFiles = 0;
  for (const { path, className, split } of [...images].sort((a, b) => compareCodePoints(a.path, b.path))) {
    const folder = `${split}/${folderNames.get(className)!}/`;
    const own = path.slice(path.lastIndexOf('/') + 1);
    const name = taken.take(folder, plainNameOf(own), true);
    if (name !== own) numRenamedFiles++;
    files.push({ from: path, to: folder + name });
  }
  return { folderNames, folders: [...folderNames.values()].map((name) => `train/${name}`), files, numRenamedFiles };
}

/** Classes whose name is a folder's name keep it, whatever the others become. */
function nameFolders(classNames: readonly string[]): Map<string, string> {
  const taken = new Names();
  const isKept = (name: string): boolean => plainNameOf(name) === name;
  const inTurn = [...classNames.filter(isKept), ...classNames.filter((name) => !isKept(name))];
  const folders = new Map(inTurn.map((name) => [name, taken.take('', plainNameOf(name), false)]));
  return new Map(classNames.map((name) => [name, folders.get(name)!]));
}

/** Names that are taken, each folder's for itself. */
class Names {
  readonly #taken = new Set<string>();
  /** By name the last number given: a thousand files may be called alike. */
  readonly #lastNumbers = new Map<string, number>();

  take(folder: string, wanted: string, hasExtension: boolean): string {
    const key = foldedName(folder + wanted);
    let number = this.#lastNumbers.get(key) ?? 1;
    let name = wanted;
    while (this.#taken.has(foldedName(folder + name))) name = numberedName(wanted, ++number, hasExtension);
    this.#lastNumbers.set(key, number);
    this.#taken.add(foldedName(folder + name));
    return name;
  }
}
