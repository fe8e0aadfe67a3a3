import { describe, expect, it } from 'vitest';
import { exitFacts } from './exit-facts.ts';

describe('exitFacts', () => {
  it.each([
    [0, { code: 0, signal: null }],
    [1, { code: 1, signal: null }],
    [9, { code: null, signal: 'SIGKILL' }],
    [11, { code: null, signal: 'SIGSEGV' }],
    [139, { code: null, signal: 'SIGSEGV' }],
    [134, { code: null, signal: 'SIGABRT' }],
    [256, { code: 1, signal: null }],
  ])('reads %i as a POSIX system means it', (status, facts) => {
    expect(exitFacts(status, 'linux')).toEqual(facts);
  });

  it('knows how Windows says that native code crashed, signed or not', () => {
    expect(exitFacts(0xc0000005, 'win32')).toEqual({ code: null, signal: 'SIGSEGV' });
    expect(exitFacts(0xc0000005 | 0, 'win32')).toEqual({ code: null, signal: 'SIGSEGV' });
    expect(exitFacts(11, 'win32')).toEqual({ code: 11, signal: null });
  });
});
