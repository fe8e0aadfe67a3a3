import { GraftError } from '../../contract/errors.ts';
import type { ExportFormat } from '../../contract/model.ts';
import type { Format } from './format.ts';
import { onnxFormat } from './onnx.ts';
import { savedmodelFormat } from './savedmodel.ts';
import { tfjsFormat } from './tfjs.ts';

/** Every format; the compiler names the one that is missing. */
export const formats: { readonly [F in ExportFormat]: Format } = {
  keras: later('keras'),
  h5: later('h5'),
  tfjs: tfjsFormat,
  onnx: onnxFormat,
  savedmodel: savedmodelFormat,
  script: later('script'),
  features: later('features'),
};

function later(id: ExportFormat): Format {
  const refuse = () => {
    throw new GraftError('not-yet', { feature: `export --format ${id}` });
  };
  return { id, takes: [], write: refuse, predict: null, usage: refuse };
}
