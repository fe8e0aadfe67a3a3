import type { Session } from 'electron';
import { isOwnUrl } from './navigation.ts';

type CheckHandler = NonNullable<Parameters<Session['setPermissionCheckHandler']>[0]>;
/** A permission by Electron's own typings. */
export type Permission = Parameters<CheckHandler>[1];

const allowed: ReadonlySet<string> = new Set<Permission>(['notifications', 'clipboard-sanitized-write']);

/** Whether a page may do something: two things, and only the app's own pages. */
export function isAllowed(permission: string, origin: string): boolean {
  return allowed.has(permission) && isOwnUrl(origin.endsWith('/') ? origin : `${origin}/`);
}

/** Denies a session everything but the two permissions: devices, screens and downloads too. */
export function guardPermissions(session: Session): void {
  session.setPermissionCheckHandler((_contents, permission, origin) => isAllowed(permission, origin));
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(isAllowed(permission, details.requestingUrl)),
  );
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler(null);
  session.on('will-download', (event) => event.preventDefault());
}
