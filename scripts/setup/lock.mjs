import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { say } from './progress.mjs';

const beatMs = 5_000;
/** A lock that nobody has touched for this long is left over, also when its process number lives on in another program. */
const staleMs = 60_000;

/**
 * Does work that only one process at a time may do; others wait for it.
 *
 * @param file the lock: holds the owner's process number and host, and is touched while the work goes on.
 * @param what names the work for those who wait.
 */
export async function withLock(file, what, work) {
  mkdirSync(dirname(file), { recursive: true });
  for (let numTries = 1; !tryLock(file); numTries += 1) {
    if (numTries === 5) say(`Another process is at work on ${what} (${file}); waiting for it.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const beat = setInterval(() => touch(file), beatMs);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(file, { force: true });
  }
}

function tryLock(file) {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, host: hostname() }));
  try {
    linkSync(mine, file); // a link appears whole: nobody reads a half-written lock
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') return lockWithoutLink(file, mine);
    if (isStale(file)) removeStale(file, mine);
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** For file systems without hard links. */
function lockWithoutLink(file, mine) {
  try {
    writeFileSync(file, readFileSync(mine), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (isStale(file)) removeStale(file, mine);
    return false;
  }
}

function isStale(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > staleMs) return true;
    const owner = JSON.parse(readFileSync(file, 'utf8'));
    return owner.host === hostname() && !isAlive(owner.pid);
  } catch {
    return false; // gone, or being written: look again
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

/** Moves a stale lock away. Of two that try, one finds that it has moved the other's fresh lock, and puts it back. */
function removeStale(file, mine) {
  const moved = `${mine}.stale`;
  try {
    renameSync(file, moved);
    if (!isStale(moved)) linkSync(moved, file);
  } catch {
    // another process was quicker
  } finally {
    rmSync(moved, { force: true });
  }
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // the folder is gone, and the lock with it
  }
}
