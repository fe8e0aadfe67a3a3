import { copyFileSync, createWriteStream, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { sha256OfFile } from './checksum.mjs';
import { get } from './http.mjs';

/** An answer that asking again will not change. */
class FinalAnswer extends Error {}

/**
 * Downloads a file. What has arrived stays in `<file>.part`, so that a broken connection, or the next start, goes on
 * where the last one stopped; the file itself appears whole and checked, or not at all.
 *
 * @param sha256 the expected checksum in hexadecimal, or null when none is known: then nothing is kept between starts,
 *   for nothing could tell two halves of different files from a whole.
 * @param idleAttempts how many attempts in a row may bring nothing before it gives up.
 */
export async function download({
  url,
  file,
  sha256,
  idleAttempts = 4,
  connectTimeoutMs = 10_000,
  stallTimeoutMs = 30_000,
  retryDelayMs = 1_000,
  onProgress = (_done, _total) => {},
}) {
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.part`;
  if (sha256 === null) rmSync(part, { force: true });
  const fetchWhole = async () => {
    if (url.startsWith('file:')) copyFileSync(fileURLToPath(url), part);
    else
      await fetchAll({ url, part, sha256, idleAttempts, connectTimeoutMs, stallTimeoutMs, retryDelayMs, onProgress });
    return sha256OfFile(part);
  };
  const isResumed = sizeOf(part) > 0;
  let actual = await fetchWhole();
  if (isResumed && actual !== sha256) {
    rmSync(part); // the old half may be the wrong one
    actual = await fetchWhole();
  }
  if (sha256 !== null && actual !== sha256) {
    rmSync(part);
    throw new Error(`wrong bytes: SHA-256 is ${actual}, expected ${sha256}`);
  }
  renameSync(part, file);
  return actual;
}

async function fetchAll(options) {
  const { part, sha256, idleAttempts, retryDelayMs } = options;
  let numIdle = 0;
  let furthest = 0; // bytes that a new start brings again are no headway
  let validator = null;
  for (;;) {
    try {
      const end = await fetchRest(options, sizeOf(part), validator, (found) => (validator = found));
      if (end === 'whole') return;
    } catch (error) {
      if (error instanceof FinalAnswer) throw error;
      numIdle = sizeOf(part) > furthest ? 0 : numIdle + 1;
      furthest = Math.max(furthest, sizeOf(part));
      if (numIdle >= idleAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryDelayMs * numIdle));
    }
    if (sha256 === null && validator === null) rmSync(part, { force: true }); // no way to know it is the same file
  }
}

/** Asks for what is missing and appends it. */
async function fetchRest({ url, part, connectTimeoutMs, stallTimeoutMs, onProgress }, start, validator, onValidator) {
  const range = start > 0 ? { range: `bytes=${start}-`, ...(validator && { 'if-range': validator }) } : {};
  const response = await get(url, {
    headers: { 'accept-encoding': 'identity', ...range },
    timeoutMs: connectTimeoutMs,
  });
  const { statusCode, headers } = response;
  if (statusCode === 416 && start > 0) {
    response.resume();
    // Either the part is whole already, or it is longer than the file; the checksum or a new start decides.
    if (headers['content-range'] === `bytes */${start}`) return 'whole';
    rmSync(part, { force: true });
    return 'again';
  }
  if (statusCode !== 200 && statusCode !== 206) {
    response.destroy();
    const error = `answered ${statusCode} ${response.statusMessage ?? ''}`.trim();
    throw statusCode >= 500 || statusCode === 408 || statusCode === 429 ? new Error(error) : new FinalAnswer(error);
  }
  if (headers.etag && !headers.etag.startsWith('W/')) onValidator(headers.etag);

  // A server that ignores Range answers 200 with everything: start over.
  const offset = statusCode === 206 ? start : 0;
  const [, from, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  if (statusCode === 206 && Number(from) !== start) {
    response.destroy();
    rmSync(part, { force: true });
    throw new Error('the server sent another part than the one asked for');
  }
  const total = statusCode === 206 ? Number(size) : Number(headers['content-length'] ?? 0);
  let done = offset;
  const stall = setTimeout(() => response.destroy(new Error(`stalled for ${stallTimeoutMs / 1000} s`)), stallTimeoutMs);
  const meter = new Transform({
    transform(chunk, _encoding, next) {
      stall.refresh();
      done += chunk.length;
      onProgress(done, total);
      next(null, chunk);
    },
  });
  try {
    await pipeline(response, meter, createWriteStream(part, { flags: offset > 0 ? 'a' : 'w' }));
  } finally {
    clearTimeout(stall);
  }
  if (total > 0 && done < total) throw new Error(`the connection ended after ${done} of ${total} bytes`);
  return 'whole';
}

function sizeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
