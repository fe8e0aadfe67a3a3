import { describe, expect, it } from 'vitest';
import { codeBlock, plainText, table } from './markdown.ts';

describe('plainText', () => {
  it.each([
    ['a class of no mark-up', 'golden retriever', 'golden retriever'],
    ['Korean and emoji', '고양이 👩‍🔬', '고양이 👩‍🔬'],
    ['emphasis and code', '*a* _b_ `c` ~d~', '\\*a\\* \\_b\\_ \\`c\\` \\~d\\~'],
    ['HTML', '<img src=x onerror=alert(1)>&lt;', '&#60;img src=x onerror=alert\\(1\\)&#62;&#38;lt;'],
    ['a link', '[a](javascript:alert(1))', '\\[a\\]\\(javascript\\:alert\\(1\\)\\)'],
    ['an address', 'https://evil.test www.evil.test', 'https\\://evil.test www\\.evil.test'],
    ['a cell and a row', 'a|b\nc\r\n| d', 'a&#124;b c &#124; d'],
    ['a backslash before a pipe', '\\|', '\\\\&#124;'],
    ['a direction that is turned', 'gnp\u202eexe.', 'gnp\ufffdexe.'],
    ['a NUL', 'a\0b', 'a\ufffdb'],
  ])('writes %s letter by letter', (_, name, expected) => {
    expect(plainText(name)).toBe(expected);
  });
});

describe('table', () => {
  it('puts numbers to the right', () => {
    expect(table(['Class', 'train'], [['a', '12']], 1)).toBe('| Class | train |\n| --- | ---: |\n| a | 12 |');
  });
});

describe('codeBlock', () => {
  it('cannot be ended by what is in it', () => {
    expect(codeBlock('js', 'a\n```\n<b>')).toBe('````js\na\n```\n<b>\n````');
  });
});
