import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberedName, plainNameOf } from './plain-name.ts';
import { isPlainName } from './upload-path.ts';
import { isIgnored } from './walk.ts';

const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('.', ' ', '/', '\\', 'a', '고', '😀', ':', '\ud800', '\u0301'), maxLength: 200 }),
  fc.constantFrom(
    '',
    '.',
    '..',
    'con',
    'CON.jpg',
    '.hidden',
    '__MACOSX',
    'Thumbs.db',
    '.graft',
    `${'고'.repeat(120)}.jpg`,
  ),
);

describe('plainNameOf', () => {
  it.each([
    ['cats', 'cats'],
    ['고양이 2', '고양이 2'],
    ['a:b?', 'a_b_'],
    ['con', '_con'],
    ['nul.jpg', '_nul.jpg'],
    ['ends.', 'ends_'],
    ['ends ', 'ends_'],
    ['.hidden', '_.hidden'],
    ['__MACOSX', '___MACOSX'],
    ['', '_'],
    ['..', '__'],
    ['half \ud800', 'half _'],
  ])('makes %j into %j', (name, plain) => expect(plainNameOf(name)).toBe(plain));

  it('gives a name that every system takes and a scan finds, and leaves such a name alone', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const plain = plainNameOf(name);
        expect(isPlainName(plain) && !isIgnored(plain)).toBe(true);
        expect(plainNameOf(plain)).toBe(plain);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the extension of a long name', () => {
    expect(plainNameOf(`${'고'.repeat(120)}.jpg`)).toMatch(/^고{78,}\.jpg$/);
  });
});

describe('numberedName', () => {
  it('counts in front of the extension of a file, behind the name of a folder', () => {
    expect(numberedName('a.b.jpg', 2, true)).toBe('a.b (2).jpg');
    expect(numberedName('v1.0', 2, false)).toBe('v1.0 (2)');
    expect(numberedName('.jpg', 3, true)).toBe('.jpg (3)');
  });

  it('stays a plain name', () => {
    fc.assert(
      fc.property(anyName, fc.integer({ min: 2, max: 200_000 }), fc.boolean(), (name, number, hasExtension) => {
        const numbered = numberedName(plainNameOf(name), number, hasExtension);
        expect(isPlainName(numbered) && !isIgnored(numbered)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
