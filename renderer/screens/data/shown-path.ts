import { addedPrefix, type Verdict } from '../../../contract/dataset.ts';

/** What stands before the name that an added picture came with: the prefix, eight random digits and a dash. */
const numHidden = addedPrefix.length + 9;

/** A picture's path as a person knows it. */
export function shownPath(path: string): string {
  return path.startsWith(addedPrefix) ? path.slice(numHidden) : path;
}

/** A verdict whose other picture is called as a person knows it. */
export function withShownPath(verdict: Verdict): Verdict {
  return verdict.other ? { ...verdict, other: { ...verdict.other, path: shownPath(verdict.other.path) } } : verdict;
}
