import { GraftError } from '../../contract/errors.ts';
import type { ExportFormat, ExportOptions } from '../../contract/model.ts';
import { cardOf } from './card-facts.ts';
import type { WrittenModel } from './finish-export.ts';
import type { ExportContext, Format } from './format.ts';
import { formats } from './registry.ts';

/**
 * Writes a model in a format. Certificate and card come after the proof: `finishExport`.
 *
 * @param folder exists and is empty
 * @throws GraftError option-not-in-format, export-too-large, layer-not-supported, disk-full, cannot-write
 */
export async function writeModel(
  formatId: ExportFormat,
  context: ExportContext,
  folder: string,
): Promise<WrittenModel> {
  const format = formats[formatId];
  requireOptions(format, context.options);
  const files = await format.write(context, folder);
  const usage = format.usage(context);
  return { files, usage, card: cardOf(context, formatId, usage) };
}

/** Refuses what a format cannot do, before anything is written. @throws GraftError option-not-in-format */
function requireOptions(format: Format, options: ExportOptions): void {
  const asked = [
    ...(options.precision === 'float32' ? [] : (['precision'] as const)),
    ...(options.foldBatchNormalization ? (['foldBatchNormalization'] as const) : []),
  ];
  for (const option of asked)
    if (!format.takes.includes(option)) throw new GraftError('option-not-in-format', { format: format.id, option });
}
