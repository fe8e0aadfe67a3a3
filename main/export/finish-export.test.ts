import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadedBy, nativeCode } from '../testing/loaded-by.ts';

describe('finishExport', () => {
  it('can be loaded by the backend: without native code', async () => {
    const loaded = await loadedBy(fileURLToPath(new URL('./finish-export.ts', import.meta.url)));
    expect(loaded.some((file) => file.endsWith('export/model-card.ts'))).toBe(true);
    expect(loaded.filter((file) => nativeCode.test(file))).toEqual([]);
  });
});
