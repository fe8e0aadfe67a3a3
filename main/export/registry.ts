import type { ExportFormat } from '../../contract/model.ts';
import type { Format } from './format.ts';
import { tfjsFormat } from './tfjs.ts';

/** Every format; the compiler names the one that is missing. */
export const formats: { readonly [F in ExportFormat]: Format } = { tfjs: tfjsFormat };
