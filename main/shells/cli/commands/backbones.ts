import { userPath, type Session } from '../session.ts';

/** The catalogue. */
export async function backbones({ client, out }: Session): Promise<void> {
  const list = await client.call('backbone.list', {});
  for (const facts of list) {
    const accuracy = facts.imagenet ? `${(100 * facts.imagenet.top1Accuracy).toFixed(1)} %` : '-';
    const text = `${facts.id.padEnd(22)} ${String(facts.numLayers).padStart(4)} layers  ${(facts.numParameters / 1e6).toFixed(2).padStart(7)} M  ${facts.inputSize.join('×')}  ImageNet ${accuracy}  ${facts.licence}  weights ${facts.weights.state}`;
    out.event('backbone', { ...facts }, text);
  }
  out.event('done', { backbones: list });
}

/** Verifies a backbone's weights, or imports them from a file. */
export async function weights(
  { client, out }: Session,
  backboneId: string,
  { from }: { from?: string },
): Promise<void> {
  const facts =
    from === undefined
      ? await client.call('weights.verify', { backboneId })
      : await client.call('weights.import', { backboneId, path: userPath(from) });
  out.event('done', { ...facts }, `${facts.id}: weights ${facts.weights.state}, SHA-256 ${facts.weights.sha256}`);
}
