import type { ExportFormat } from '../../contract/model.ts';
import { featuresFormat } from './features.ts';
import type { Format } from './format.ts';
import { h5Format, kerasFormat } from './keras.ts';
import { onnxFormat } from './onnx.ts';
import { savedmodelFormat } from './savedmodel.ts';
import { scriptFormat } from './script.ts';
import { tfjsFormat } from './tfjs.ts';

/** Every format; the compiler names the one that is missing. */
export const formats: { readonly [F in ExportFormat]: Format } = {
  keras: kerasFormat,
  h5: h5Format,
  tfjs: tfjsFormat,
  onnx: onnxFormat,
  savedmodel: savedmodelFormat,
  script: scriptFormat,
  features: featuresFormat,
};
