import { GraftError } from '../../contract/errors.ts';
import { exportOptionsOf, type ExportFormat } from '../../contract/model.ts';
import type { Format } from './format.ts';
import { h5Format, kerasFormat } from './keras.ts';
import { onnxFormat } from './onnx.ts';
import { scriptFormat } from './script.ts';
import { tfjsFormat } from './tfjs.ts';

/** Every format; the compiler names the one that is missing. */
export const formats: { readonly [F in ExportFormat]: Format } = {
  keras: kerasFormat,
  h5: h5Format,
  tfjs: tfjsFormat,
  onnx: onnxFormat,
  savedmodel: later('savedmodel'),
  script: scriptFormat,
  features: later('features'),
};

function later(id: ExportFormat): Format {
  const refuse = () => {
    throw new GraftError('not-yet', { feature: `export --format ${id}` });
  };
  return { id, takes: exportOptionsOf[id], write: refuse, predict: null, usage: refuse };
}
