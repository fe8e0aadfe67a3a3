/** Leaves room for what is put before and after it; systems take 255. */
const MAX_NAME_BYTES = 200;
/** Names that Windows keeps for devices, with any extension. */
const deviceName = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

/**
 * Finds the name of a file that a server gives: what the server says, else the last part of the address.
 *
 * @param disposition the header Content-Disposition
 * @returns a plain name that leads nowhere, on any system
 * @see https://www.rfc-editor.org/rfc/rfc6266
 */
export function fileNameOf(disposition: string | null, url: URL): string {
  return plainName(saidName(disposition ?? '')) || plainName(unescaped(url.pathname)) || 'download';
}

/** The name in a Content-Disposition: the one with an encoding goes before the one without. */
function saidName(disposition: string): string {
  const parameters = new Map<string, string>();
  const parameter = /;\s*([\w-]+\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))/gy;
  parameter.lastIndex = /^[^;]*/.exec(disposition)![0].length;
  for (const [, key, quoted, token] of disposition.matchAll(parameter))
    parameters.set(key!.toLowerCase(), quoted?.replaceAll(/\\(["\\])/g, '$1') ?? token!.trim());
  const [, charset, encoded] = /^(utf-8|iso-8859-1)'[^']*'(.*)$/is.exec(parameters.get('filename*') ?? '') ?? [];
  if (encoded) return charset!.toLowerCase() === 'utf-8' ? unescaped(encoded) : unescaped(encoded, 'latin1');
  // Outside the standard but common: UTF-8 as it is, which fetch hands over byte by byte, or escaped as in addresses.
  return unescaped(parameters.get('filename') ?? '');
}

/** A text with its `%41` resolved; as UTF-8 where it is that, else byte for byte. */
function unescaped(text: string, charset: 'utf8' | 'latin1' = 'utf8'): string {
  const byByte = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  if (charset === 'latin1' || /[^\u0000-\u00ff]/.test(byByte)) return byByte;
  const asUtf8 = Buffer.from(byByte, 'latin1').toString('utf8');
  return asUtf8.includes('\ufffd') ? byByte : asUtf8;
}

/** The last part of what may be a path, without what a system or an eye could take for something else. */
export function plainName(given: string): string {
  const name = given
    .split(/[\\/]/)
    .at(-1)!
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '') // also marks that turn the direction of writing
    .replaceAll(/[<>:"|?*]/g, '_')
    .replaceAll(/^[. ]+|[. ]+$/g, '');
  const extension = /(\.tar)?\.\w{1,8}$/i.exec(name)?.[0] ?? '';
  let stem = [...name.slice(0, name.length - extension.length)];
  while (Buffer.byteLength(stem.join('')) > MAX_NAME_BYTES) stem = stem.slice(0, -1);
  return `${deviceName.test(name) ? '_' : ''}${stem.join('')}${extension}`;
}
