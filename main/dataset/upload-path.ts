/** Files left out of what came that are listed; of a stranger there could be any number. */
export const MAX_LISTED = 1000;
/** Characters of a name that are told. */
const MAX_TOLD_LENGTH = 200;
/** Names that Windows keeps for devices, with any extension. */
const deviceName = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;
/** Characters of a whole path. */
export const MAX_PATH_LENGTH = 1024;
const MAX_NAME_BYTES = 255;
export const MAX_DEPTH = 32;

/**
 * Checks a relative path that a stranger gave for a file of an upload or an archive: it may not lead anywhere else, on any system.
 *
 * @returns the path with forward slashes, or null when it is refused
 */
export function checkUploadPath(given: string): string | null {
  if (given === '' || given.length > MAX_PATH_LENGTH) return null;
  const segments = given.split('/');
  return segments.length <= MAX_DEPTH && segments.every(isPlainName) ? given : null;
}

/** The path of something left out, as it is kept to be told: cut, and without characters that only a machine takes. */
export const toldPath = (given: string): string =>
  given.slice(0, MAX_TOLD_LENGTH).replaceAll(/[\p{Cc}\p{Cs}]/gu, '\ufffd');

/** Whether one segment of a path is an ordinary name on every system, and none that Graft keeps for itself. */
export function isPlainName(name: string): boolean {
  if (name === '' || name === '.' || name === '..') return false;

  if (/[\u0000-\u001f\u007f\\:*?"<>|]/.test(name) || /[. ]$/.test(name)) return false;
  return (
    !deviceName.test(name) && new TextEncoder().encode(name).length <= MAX_NAME_BYTES && name.toLowerCase() !== '.graft'
  );
}
