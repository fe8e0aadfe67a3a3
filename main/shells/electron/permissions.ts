import type { Session } from 'electron';
import { isOwnUrl } from './navigation.ts';

type CheckHandler = NonNullable<Parameters<Session['setPermissionCheckHandler']>[0]>;
/** A permission by Electron's own typings. */
export type Permission = Parameters<CheckHandler>[1];

/** What a handler is told beside the permission's name, as far as it counts here. */
export interface Asked {
  isMainFrame?: boolean;
  /** Of a check. */
  mediaType?: string | undefined;
  /** Of a request. */
  mediaTypes?: readonly string[] | undefined;
}

const allowed: ReadonlySet<string> = new Set<Permission>(['notifications', 'clipboard-sanitized-write']);

/** Whether a page may do something: two things and the camera, and only the app's own pages. */
export function isAllowed(permission: string, origin: string, asked: Asked = {}): boolean {
  if (!isOwnUrl(origin.endsWith('/') ? origin : `${origin}/`)) return false;
  return allowed.has(permission) || (permission === 'media' && isCameraOnly(asked));
}

/** The camera for our own main frame, without the microphone: pictures for a class are taken with it. */
function isCameraOnly({ isMainFrame, mediaType, mediaTypes }: Asked): boolean {
  const types = mediaTypes ?? (mediaType === undefined ? [] : [mediaType]);
  return isMainFrame === true && types.length > 0 && types.every((type) => type === 'video');
}

/** Denies a session everything but those: devices, screens and downloads too. */
export function guardPermissions(session: Session): void {
  session.setPermissionCheckHandler((_contents, permission, origin, details) => isAllowed(permission, origin, details));
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(isAllowed(permission, details.requestingUrl, details)),
  );
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler(null);
  session.on('will-download', (event) => event.preventDefault());
}
