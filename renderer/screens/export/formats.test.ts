import { describe, expect, it } from 'vitest';
import { formatNames, formatsOf } from './formats.ts';

const imported = { sourceFile: 'model.h5', classNamesFrom: 'beside' } as const;
const run = (runId: string, facts: Partial<Parameters<typeof formatsOf>[0]> = {}) => ({
  ...{ runId, datasetId: 'd1', parentRunId: null, imported: null },
  ...facts,
});
const withoutScript = formatNames.filter((format) => format !== 'script');

describe('formatsOf', () => {
  it('offers every format of a run that was trained here', () => {
    expect(formatsOf(run('r1'), [])).toEqual(formatNames);
    const tuned = run('r3', { parentRunId: 'r2' });
    expect(formatsOf(tuned, [tuned, run('r2', { parentRunId: 'r1' }), run('r1')])).toEqual(formatNames);
  });

  it('offers neither the training nor the features of a saved model, which has no pictures', () => {
    expect(formatsOf(run('r1', { imported }), [])).toEqual(['keras', 'h5', 'savedmodel', 'onnx', 'tfjs']);
  });

  it.each([
    ['a run on another data set', run('r1', { datasetId: 'd2' })],
    ['a saved model', run('r1', { datasetId: null, imported })],
    ['a run that is gone', null],
  ])('offers no script of what goes on from %s', (_, first) => {
    const [second, third] = [run('r2', { parentRunId: 'r1' }), run('r3', { parentRunId: 'r2' })];
    expect(formatsOf(third, [third, second, ...(first ? [first] : [])])).toEqual(withoutScript);
  });
});
