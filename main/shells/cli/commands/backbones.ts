import { fromWire, type WireError } from '../../../../contract/errors.ts';
import { Interrupted, onInterrupt } from '../interrupt.ts';
import { userPath, type Session } from '../session.ts';

/** The catalogue; first without one that was brought, when it is named. */
export async function backbones({ client, out }: Session, { remove }: { remove?: string } = {}): Promise<void> {
  if (remove !== undefined) await client.call('backbone.remove', { backboneId: remove });
  const list = await client.call('backbone.list', {});
  for (const facts of list) {
    const accuracy = facts.imagenet ? `${(100 * facts.imagenet.top1Accuracy).toFixed(1)} %` : '-';
    const text = `${facts.id.padEnd(22)} ${String(facts.numLayers).padStart(4)} layers  ${(facts.numParameters / 1e6).toFixed(2).padStart(7)} M  ${facts.inputSize.join('×')}  ImageNet ${accuracy}  ${facts.licence}  weights ${facts.weights.state}`;
    out.event('backbone', { ...facts }, text);
  }
  out.event('done', { backbones: list });
}

/** Verifies a backbone’s weights, after fetching them if they are missing; or takes them from a file or an address. */
export async function weights(session: Session, backboneId: string, { from }: { from?: string }): Promise<void> {
  const { client, backend, out } = session;
  if (from === undefined) {
    const known = (await client.call('backbone.list', {})).find(({ id }) => id === backboneId);
    if (known?.weights.state === 'missing')
      await fetched(session, backboneId, () => client.call('weights.download', { backboneId }));
  } else if (/^https?:\/\//i.test(from)) {
    await fetched(session, backboneId, () => backend.downloadWeights(backboneId, from));
  } else {
    await client.call('weights.import', { backboneId, path: userPath(from) });
  }
  const facts = await client.call('weights.verify', { backboneId });
  const { state, sha256 } = facts.weights;
  const text =
    state === 'embedded'
      ? `${facts.id}: the weights that come with Graft are unharmed, SHA-256 ${sha256}`
      : `${facts.id}: weights ${state}, SHA-256 ${sha256}`;
  out.event('done', { ...facts }, text);
}

const BYTES_A_MEGABYTE = 1e6;

/** Waits for a download, with its progress. Ctrl-C stops it; what has come is kept. @throws what it failed with; Interrupted */
async function fetched(
  { client, out }: Session,
  backboneId: string,
  start: () => Promise<{ jobId: string }>,
): Promise<void> {
  const endings = new Map<string, WireError | null>();
  let told = () => {};
  let isInterrupted = false;
  const stops = [
    client.on('weights.progress', (progress) => {
      if (progress.backboneId !== backboneId) return;
      const { receivedBytes, totalBytes } = progress;
      out.event('progress', { ...progress });
      const [done, total] = [receivedBytes, totalBytes ?? 0].map((bytes) => Math.round(bytes / BYTES_A_MEGABYTE));
      if (totalBytes !== null)
        out.bar.show(receivedBytes === totalBytes ? 'checking, MB' : 'fetching, MB', done!, total!, null);
    }),
    client.on('job.ended', ({ jobId, error }) => {
      endings.set(jobId, error);
      told();
    }),
    onInterrupt(() => {
      isInterrupted = true;
      void client.call('weights.cancel', { backboneId });
    }),
  ];
  try {
    const { jobId } = await start();
    while (!endings.has(jobId)) await new Promise<void>((resolve) => (told = resolve));
    const error = endings.get(jobId);
    if (isInterrupted) throw new Interrupted();
    if (error) throw fromWire(error);
  } finally {
    out.bar.clear();
    for (const stop of stops) stop();
  }
}
