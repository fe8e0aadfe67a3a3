import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.mjs';

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graft-lock-'));
  lock = join(folder, 'sub', 'work.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('withLock', () => {
  it('lets one work at a time', async () => {
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(`${name} ends`);
    };
    await Promise.all([withLock(lock, 'a test', work('one')), withLock(lock, 'a test', work('two'))]);
    expect(seen[1]).toBe(seen[0]?.replace('begins', 'ends'));
    expect(existsSync(lock)).toBe(false);
  });

  it('is open again after a failure', async () => {
    await expect(withLock(lock, 'a test', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(withLock(lock, 'a test', () => Promise.resolve(1))).resolves.toBe(1);
  });

  it('takes over what a process that is gone left behind', async () => {
    await withLock(lock, 'a test', () => Promise.resolve());
    writeFileSync(lock, JSON.stringify({ pid: 2 ** 30, host: hostname() }));
    await expect(withLock(lock, 'a test', () => Promise.resolve(1))).resolves.toBe(1);
  });

  it('takes over what nobody has touched for a minute, whatever process has the number now', async () => {
    await withLock(lock, 'a test', () => Promise.resolve());
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname() }));
    const longAgo = new Date(Date.now() - 61_000);
    utimesSync(lock, longAgo, longAgo);
    await expect(withLock(lock, 'a test', () => Promise.resolve(1))).resolves.toBe(1);
  });
});
