import type { IncomingMessage } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BringOptions } from '../../../contract/backbone.ts';
import { maxPictureBytes, maxUploadFileBytes } from '../../../contract/dataset.ts';
import { ImportOptions } from '../../../contract/model.ts';
import { GraftError, isGraftError, toWire, type Reply } from '../../../contract/errors.ts';
import type { Backend, NotSentReason } from '../../backend/backend.ts';
import { queryText } from './query.ts';

const mebibyte = 1024 * 1024;
const maxPieceBytes = 32 * mebibyte;
const maxWeightsBytes = 2048 * mebibyte;
/** An address of more than 16 KB is refused before it is here. */
const maxOptionChars = 12_000;
/** So much of a refused body is still read, so that the browser gets to read the answer. */
const maxDrainedBytes = 32 * mebibyte;

/** Takes files as raw bodies of any type, streamed to the backend. */
export async function addUploadRoutes(app: FastifyInstance, backend: Backend): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null)); // the body stays a stream

  app.put<{ Params: { datasetId: string } }>('/api/datasets/:datasetId/files', async (request, reply) => {
    const { datasetId } = request.params;
    const path = queryText(request, 'path', 4096);
    try {
      return await receive(request, reply, path, maxUploadFileBytes, async (bytes) => {
        await backend.receiveFile(datasetId, path, bytes);
        return null;
      });
    } catch (error) {
      if (!isGraftError(error) || error.code !== 'upload-too-large') throw error;
      return leaveOut(backend, datasetId, path, 'too-large-to-upload'); // it must not keep the others out
    }
  });

  // A file too large, which a window need not send (the answer to a body that is not read to its end may be lost), or that it
  // cannot read.
  app.put<{ Params: { datasetId: string } }>('/api/datasets/:datasetId/left-out', (request) => {
    const path = queryText(request, 'path', 4096);
    const isUnreadable = 'reason' in (request.query as object) && queryText(request, 'reason', 100) === 'unreadable';
    return leaveOut(backend, request.params.datasetId, path, isUnreadable ? 'unreadable' : 'too-large-to-upload');
  });

  // A piece of an archive; one whose answer was lost is sent again.
  app.put<{ Params: { datasetId: string } }>('/api/datasets/:datasetId/archive', (request, reply) => {
    const offset = Number(queryText(request, 'offset', 20));
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new GraftError('invalid-input', { method: 'archive', field: 'offset', problem: 'not a number of bytes' });
    return receive(request, reply, 'archive', maxPieceBytes, async (bytes) => {
      await backend.receivePiece(request.params.datasetId, offset, bytes);
      return null;
    });
  });

  app.post('/api/pictures', (request, reply) => {
    const name = queryText(request, 'name', 1024);
    return receive(request, reply, name, maxPictureBytes, (bytes) => backend.receivePicture(name, bytes));
  });

  app.post<{ Params: { backboneId: string } }>('/api/weights/:backboneId', (request, reply) => {
    const name = queryText(request, 'name', 1024);
    return receive(request, reply, name, maxWeightsBytes, (bytes) =>
      backend.receiveWeights(request.params.backboneId, name, bytes),
    );
  });

  // Sent twice by a window: to be read, then with what the person chose. Nothing is kept between.
  app.post('/api/models', (request, reply) => {
    const name = queryText(request, 'name', 1024);
    const options = optionsOf(request, BringOptions);
    return receive(request, reply, name, maxWeightsBytes, (bytes) => backend.receiveModel(name, bytes, options));
  });

  app.post('/api/models/whole', (request, reply) => {
    const name = queryText(request, 'name', 1024);
    const options = optionsOf(request, ImportOptions) ?? {};
    return receive(request, reply, name, maxWeightsBytes, (bytes) => backend.receiveWholeModel(name, bytes, options));
  });
}

async function leaveOut(
  backend: Backend,
  datasetId: string,
  path: string,
  reason: NotSentReason,
): Promise<Reply<unknown>> {
  try {
    await backend.leaveOutFile(datasetId, path, reason);
    return { ok: true, value: null };
  } catch (error) {
    return refusal(error);
  }
}

/** What the backend says no to, as a Reply; what is a bug goes on. */
function refusal(error: unknown): Reply<unknown> {
  if (!isGraftError(error)) throw error;
  return { ok: false, error: toWire(error, () => '') };
}

/** What a schema of the contract does. */
interface Checks<T> {
  safeParse: (value: unknown) => { success: true; data: T } | { success: false };
}

/** What a person chose, sent along with the file. @returns null when nothing was. @throws invalid-input */
function optionsOf<T>(request: FastifyRequest, schema: Checks<T>): T | null {
  const { options } = request.query as { options?: unknown };
  if (options === undefined) return null;
  const parsed = schema.safeParse(jsonOf(options));
  if (!parsed.success)
    throw new GraftError('invalid-input', { method: 'models', field: 'options', problem: 'unknown' });
  return parsed.data;
}

function jsonOf(text: unknown): unknown {
  try {
    return typeof text === 'string' && text.length < maxOptionChars ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** Hands a body to `take`. What the backend says of it is a Reply; a body too large is refused with 413. */
async function receive(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  maxBytes: number,
  take: (bytes: Readable) => Promise<unknown>,
): Promise<Reply<unknown>> {
  const body = request.raw;
  const tooLarge = new GraftError('upload-too-large', { name, maxBytes });
  const declared = Number(request.headers['content-length'] ?? Infinity); // chunked: unknown
  const bytes = limited(body, maxBytes, tooLarge);
  try {
    if (declared !== Infinity && declared > maxBytes) throw tooLarge;
    return { ok: true, value: await take(body.pipe(bytes)) };
  } catch (error) {
    body.unpipe(bytes);
    body.resume();
    if (declared > maxDrainedBytes) reply.header('connection', 'close');
    if (error === tooLarge || bytes.errored === tooLarge) throw tooLarge;
    return refusal(error);
  } finally {
    bytes.destroy();
  }
}

/** Passes bytes on, up to a number; ends in an error when the browser goes away before the last. */
function limited(body: IncomingMessage, maxBytes: number, tooLarge: GraftError): Transform {
  let numBytes = 0;
  const bytes = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      numBytes += chunk.length;
      if (numBytes > maxBytes) done(tooLarge);
      else done(null, chunk);
    },
  });
  bytes.on('error', () => undefined); // the backend's promise tells
  body.once('close', () => {
    if (!body.complete) bytes.destroy(new GraftError('connection-lost', {}));
  });
  return bytes;
}
