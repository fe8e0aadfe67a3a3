import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildWorkers, hasSharedData, projectFolder, sharedData } from '../../testing/backend.ts';
import { temporaryFolder } from '../../testing/temporary.ts';

beforeAll(buildWorkers);

function graft(home: string, mirror: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(projectFolder, 'out', 'cli.js'), ...args], {
    env: { ...process.env, GRAFT_HOME: home, GRAFT_WEIGHTS_MIRROR: mirror },
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr, lines: stdout.split('\n').filter(Boolean) };
}

describe('graft weights', () => {
  it('verifies the weights that come with Graft, and says so', async () => {
    const { code, stdout } = graft(await temporaryFolder(), '', 'weights', 'efficientnet-lite0');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('the weights that come with Graft are unharmed, SHA-256') as string,
    });
  });

  it('says what to do when they cannot be fetched', async () => {
    const mirror = await temporaryFolder();
    const home = await temporaryFolder();
    const missing = graft(home, mirror, 'weights', 'vgg16', '--json');
    expect(missing.code).toBe(1);
    expect(JSON.parse(missing.lines.at(-1)!)).toMatchObject({ event: 'error', code: 'download-failed' });
    const typed = graft(home, '', 'weights', 'vgg16', '--from', 'http://example.org/w.h5?a=1');
    expect(typed).toMatchObject({ code: 1, stdout: '' });
    expect(typed.stderr).toContain('http://example.org/w.h5?a=1 could not be downloaded');
    expect(graft(home, mirror, 'weights', 'vgg').stderr).toContain('vgg16');
  });

  it.skipIf(!hasSharedData)('fetches what is missing from the mirror and reports on the way', async () => {
    const home = await temporaryFolder();
    const mirror = path.join(sharedData, 'weights');
    const { code, lines } = graft(home, mirror, 'weights', 'mobilenet-v2-0.35', '--json');
    const events = lines.map((line) => JSON.parse(line) as { event: string });
    expect(code).toBe(0);
    expect(events[0]).toEqual({
      event: 'progress',
      backboneId: 'mobilenet-v2-0.35',
      receivedBytes: 0,
      totalBytes: 2_030_536,
    });
    expect(events.at(-1)).toMatchObject({ event: 'done', id: 'mobilenet-v2-0.35', weights: { state: 'imported' } });
  });
});
