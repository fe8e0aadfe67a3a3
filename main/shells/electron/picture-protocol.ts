import { maxPictureBytes } from '../../../contract/dataset.ts';
import { GraftError, toWire, type Reply } from '../../../contract/errors.ts';
import { refuse, secureHeaders } from './app-protocol.ts';
import { appOrigin } from './navigation.ts';

const maxNameLength = 1024;

/** What is used of the request that Electron hands over. */
export interface PictureRequest {
  url: string;
  method: string;
  body: ReadableStream<Uint8Array> | null;
  initiatorOrigin?: string | null;
}

/** Whether a request to our scheme brings a picture; all others ask for the app's own files. */
export function isPicture({ url, method }: { url: string; method?: string }): boolean {
  return method === 'POST' && url.startsWith(`${appOrigin}/api/pictures?`);
}

/**
 * Takes a picture that is no file, as the camera gives it, from our own window: a POST as to the web shell, answered by a
 * Reply. Pictures that are files come by their paths instead.
 */
export async function answerPicture(
  request: PictureRequest,
  receive: (name: string, bytes: Uint8Array) => Promise<Reply<unknown>>,
): Promise<Response> {
  // Absent where the browser itself asks; set by Chromium, not by the page.
  if (request.initiatorOrigin !== undefined && request.initiatorOrigin !== appOrigin) return refuse(403);
  const name = new URL(request.url).searchParams.get('name') ?? '';
  if (name === '' || name.length > maxNameLength || request.body === null) return refuse(400);
  try {
    return replied(await receive(name, await bytesOf(request.body, name)));
  } catch (error) {
    return replied({ ok: false, error: toWire(error, () => 'picture') });
  }
}

function replied(reply: Reply<unknown>): Response {
  return new Response(JSON.stringify(reply), { headers: { ...secureHeaders, 'content-type': 'application/json' } });
}

/** @throws upload-too-large */
async function bytesOf(body: ReadableStream<Uint8Array>, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let numBytes = 0;
  for await (const piece of body) {
    numBytes += piece.length;
    if (numBytes > maxPictureBytes) throw new GraftError('upload-too-large', { name, maxBytes: maxPictureBytes });
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
