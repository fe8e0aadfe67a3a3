import type { BringOptions } from '../../../../contract/backbone.ts';
import { userPath, type Session } from '../session.ts';

export interface BringFlags extends BringOptions {
  list?: boolean;
}

/** Makes a backbone of a model in a file; or lists its layers and where it can be cut. */
export async function bring({ client, out }: Session, model: string, flags: BringFlags): Promise<void> {
  const { list: isList, cutAt, name, pixels } = flags;
  const path = userPath(model);
  if (isList) {
    const inspection = await client.call('backbone.inspectModel', { path });
    for (const layer of inspection.layers) {
      const mark = layer.name === inspection.suggestedCut ? '>' : layer.canCut ? '|' : ' ';
      const text = `${mark} ${layer.name.padEnd(40)} ${layer.type.padEnd(24)} ${layer.outputShape.join('×').padEnd(14)} ${layer.numParameters}`;
      out.event('layer', { ...layer }, text);
    }
    const { inputShape, pixels: suggested, suggestedCut } = inspection;
    const text = `input ${inputShape.join('×')}, pixels ${suggested}; can be cut at layers with |, best at > ${suggestedCut ?? 'none'}`;
    out.event('done', { ...inspection }, text);
    return;
  }
  const facts = await client.call('backbone.bring', {
    path,
    ...(cutAt !== undefined && { cutAt }),
    ...(name !== undefined && { name }),
    ...(pixels !== undefined && { pixels }),
  });
  const text = `${facts.id}: ${facts.numLayers} layers, ${facts.numParameters} parameters, maps ${facts.featureShape.join('×')}. Use it with --backbone ${facts.id}`;
  out.event('done', { ...facts }, text);
}
