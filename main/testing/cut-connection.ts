import { readdirSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolders } from './temporary.ts';

/**
 * Cuts an answer's connection once a download in one of the test's folders has kept this many bytes. Cut earlier, the client
 * forgets what it has received and not yet read, and a busy machine decides what the test sees.
 */
export async function cutOnceKept(response: ServerResponse, numBytes: number): Promise<void> {
  const giveUpAt = Date.now() + 5000;
  while (!response.destroyed && Date.now() < giveUpAt && !sizesOfParts().includes(numBytes)) await sleep(5);
  response.destroy();
}

function sizesOfParts(): (number | undefined)[] {
  return temporaryFolders().flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.part'))
      .map((name) => statSync(path.join(folder, name), { throwIfNoEntry: false })?.size),
  );
}
