import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

const folders = new Set<string>();

/** A folder of this test's own, gone when it ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'graft-test-'));
  folders.add(folder);
  onTestFinished(async () => {
    folders.delete(folder);
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** The folders of the tests that run now in this process. */
export const temporaryFolders = (): readonly string[] => [...folders];
