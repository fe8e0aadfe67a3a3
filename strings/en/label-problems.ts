import type { LabelProblem } from '../../contract/errors.ts';

/** What is wrong with a list of labels, what was expected, what to do; `found` is what stands there. */
export const labelProblems: { [P in LabelProblem]: (found: string) => string } = {
  encoding: () => 'it is no text in UTF-8, UTF-16 or Korean (CP949). Save it as “CSV UTF-8”.',
  'too-large': () => 'it is larger than 64 MB. Split it into several lists.',
  'too-many-rows': () => 'it names more than 200,000 pictures. Split it into several lists.',
  empty: () => 'it names no pictures. One line for each was expected: path,label or path,label,split.',
  'no-path-column': (found) =>
    `no column is called path, file, filename or image${standing(found)}. Name the column of the pictures so.`,
  'no-label-column': (found) =>
    `no column is called label, class or category${standing(found)}. Name the column of the classes so.`,
  columns: (found) => `there is one column too many${standing(found)}. Put quotes around a name with a comma in it.`,
  quote: () => 'a quote is not closed, or something follows it. Double a quote that belongs to a name: "".',
  'no-path': () => 'no picture is named. Give its path, or take the line out.',
  label: (found) => `“${found}” cannot be a class: a name has 200 characters at most, and no slashes. Change it.`,
  split: (found) => `“${found}” is no part of a data set. Write train, validation or test.`,
  'mixed-split': () => 'some pictures have a part and others have none. Give all of them one, or none.',
  json: () => 'it is not JSON from here on. Look for a comma or quote that is missing.',
  'json-shape': () =>
    'an object with path and label was expected. Write [{"path": "a.jpg", "label": "cat"}], or {"a.jpg": "cat"}.',
};
const standing = (found: string): string => (found === '' ? '' : `; “${found}” stands there`);
