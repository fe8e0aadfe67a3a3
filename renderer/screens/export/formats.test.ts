import { describe, expect, it } from 'vitest';
import { formatNames, formatsOf } from './formats.ts';

describe('formatsOf', () => {
  it('offers every format of a run that was trained here', () => {
    expect(formatsOf({ imported: null })).toEqual(formatNames);
  });

  it('offers neither the training nor the features of a saved model, which has no pictures', () => {
    const imported = { sourceFile: 'model.h5', classNamesFrom: 'beside' } as const;
    expect(formatsOf({ imported })).toEqual(['keras', 'h5', 'savedmodel', 'onnx', 'tfjs']);
  });
});
