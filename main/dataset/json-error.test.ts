import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineOfJsonError } from './json-error.ts';

describe('lineOfJsonError', () => {
  it.each([
    ['[1,\n2\n3]', 3],
    ['[{"a":1},\n{"a":}]', 2],
    ['{"a":1,\n}', 2],
    ['[1,2]\n]', 2],
    ['[1,\n2', 2],
    ["['a']", 1],
    ['', 1],
    ['{"a":\n\n"b\nc"}', 3],
  ])('finds where %j goes wrong', (text, line) => expect(lineOfJsonError(text)).toBe(line));

  it('finds the line that was spoilt, of any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, seed) => {
        const lines = JSON.stringify(value, null, 1).split('\n');
        const at = seed % lines.length;
        lines[at] = `@${lines[at]}`;
        expect(lineOfJsonError(lines.join('\n'))).toBe(at + 1);
      }),
    );
  });
});
