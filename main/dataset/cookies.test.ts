import { describe, expect, it } from 'vitest';
import { Cookies } from './cookies.ts';

const drive = new URL('https://drive.google.com/uc');
function taken(...lines: string[]): Cookies {
  const cookies = new Cookies();
  const headers = new Headers();
  for (const line of lines) headers.append('set-cookie', line);
  cookies.take(headers, drive);
  return cookies;
}

describe('Cookies', () => {
  it('go back to where they came from, and to a domain that is theirs', () => {
    const cookies = taken('own=1', 'all=2; Path=/; Domain=.Google.com', 'value=a=b; Domain=google.com');
    expect(cookies.header(drive)).toBe('own=1; all=2; value=a=b');
    expect(cookies.header(new URL('https://drive.usercontent.google.com/'))).toBe('all=2; value=a=b');
  });

  it('go to nobody else, and nowhere without encryption', () => {
    const cookies = taken('own=1', 'all=2; Domain=google.com', 'wide=3; Domain=com', 'foreign=4; Domain=example.org');
    for (const url of ['https://example.org/', 'https://evilgoogle.com/', 'http://drive.google.com/'])
      expect(cookies.header(new URL(url))).toBe('');
    expect(cookies.header(drive)).toBe('own=1; all=2');
  });

  it('are replaced and removed', () => {
    const cookies = taken('a=1', 'b=2', 'a=3', 'b=; Max-Age=0', '=x', 'nothing');
    expect(cookies.header(drive)).toBe('a=3');
    expect([cookies.find('a'), cookies.find('z')]).toEqual(['3', null]);
  });
});
