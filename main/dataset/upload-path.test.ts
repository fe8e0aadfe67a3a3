import { describe, expect, it } from 'vitest';
import { checkUploadPath } from './upload-path.ts';

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
