import { GraftError } from '../../contract/errors.ts';
import type { ExportFormat } from '../../contract/model.ts';
import type { Format } from './format.ts';
import { h5Format, kerasFormat } from './keras.ts';
import { tfjsFormat } from './tfjs.ts';

/** Every format; the compiler names the one that is missing. */
export const formats: { readonly [F in ExportFormat]: Format } = {
  keras: kerasFormat,
  h5: h5Format,
  tfjs: tfjsFormat,
  onnx: later('onnx'),
  savedmodel: later('savedmodel'),
  script: later('script'),
  features: later('features'),
};

function later(id: ExportFormat): Format {
  const refuse = () => {
    throw new GraftError('not-yet', { feature: `export --format ${id}` });
  };
  return { id, takes: [], write: refuse, predict: null, usage: refuse };
}
