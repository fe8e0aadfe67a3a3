import { describe, expect, it } from 'vitest';
import { checkUploadPath, toldPath } from './upload-path.ts';

describe('checkUploadPath', () => {
  it.each(['cat.jpg', 'train/cats/cat 1.jpg', '한국어/고양이.png', 'a/..b/c.jpg', 'é/ñ.webp'])('takes %s', (given) => {
    expect(checkUploadPath(given)).toBe(given);
  });
  it.each([
    '',
    '/',
    '/etc/passwd',
    '../x',
    'a/../b',
    'a/..',
    './x',
    'a//b',
    'a/',
    'C:/x',
    'a:b',
    'a\\b',
    '..\\x',
    'con.jpg',
    'a/NUL',
    'x\0.jpg',
    'x\n.jpg',
    'trailing.',
    'trailing ',
    '.graft/recipe.json',
    'a'.repeat(256),
    'x/'.repeat(40) + 'y',
    'x'.repeat(2000),
    'COM1.png',
    'q?.jpg',
  ])('refuses %j', (given) => {
    expect(checkUploadPath(given)).toBeNull();
  });
});

describe('toldPath', () => {
  it('cuts a long path and shows what no eye sees', () => {
    expect(toldPath('cats/\x1b[31m\ud800.jpg')).toBe('cats/\ufffd[31m\ufffd.jpg');
    expect(toldPath('x'.repeat(500))).toHaveLength(200);
    expect(toldPath('한국어/고양이.jpg')).toBe('한국어/고양이.jpg');
  });
});
