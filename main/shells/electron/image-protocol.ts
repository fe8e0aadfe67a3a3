import type { Reply } from '../../../contract/errors.ts';
import { thumbnailType } from '../../backend/thumbnail-type.ts';
import { refuse, secureHeaders } from './app-protocol.ts';
import { appOrigin } from './navigation.ts';

const defaultSizePx = 224;
const minSizePx = 16;
const maxSizePx = 2048;

/**
 * Reads `graft-image://image/<imageId>?size=N`.
 *
 * @returns null for anything else. An id has letters, digits and `_ - . : ~`, no slash and no two dots: it can be no path.
 */
export function parseImageUrl(url: string): { imageId: string; sizePx: number } | null {
  if (!URL.canParse(url)) return null;
  const { protocol, host, username, password, pathname, search } = new URL(url);
  if (protocol !== 'graft-image:' || host !== 'image' || username || password) return null;
  const imageId = pathname.slice(1);
  if (!/^[\w.:~-]{1,200}$/.test(imageId) || imageId.includes('..')) return null;
  const sizePx = search === '' ? defaultSizePx : Number(/^\?size=(\d{1,4})$/.exec(search)?.[1]);
  if (!(sizePx >= minSizePx && sizePx <= maxSizePx)) return null;
  return { imageId, sizePx };
}

/** Answers a picture's address with its thumbnail, to our own window only. */
export async function answerImage(
  request: { url: string; initiatorOrigin?: string | null },
  thumbnail: (imageId: string, sizePx: number) => Promise<Reply<unknown>>,
): Promise<Response> {
  // Absent where the browser itself asks; set by Chromium, not by the page.
  if (request.initiatorOrigin !== undefined && request.initiatorOrigin !== appOrigin) return refuse(403);
  const asked = parseImageUrl(request.url);
  if (!asked) return refuse(400);
  const reply = await thumbnail(asked.imageId, asked.sizePx);
  if (!reply.ok) return refuse(reply.error.code === 'image-not-found' ? 404 : 422);
  const picture = reply.value as Uint8Array<ArrayBuffer>;
  return new Response(picture, {
    headers: { ...secureHeaders, 'content-type': thumbnailType(picture), 'cache-control': 'private, max-age=300' },
  });
}
