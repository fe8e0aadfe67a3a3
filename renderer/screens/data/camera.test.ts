import { describe, expect, it } from 'vitest';
import { cameraProblem, fitted } from './camera.svelte.ts';

describe('fitted', () => {
  it('makes the longer side 640 and keeps the shape', () => {
    expect(fitted(1920, 1080)).toEqual({ width: 640, height: 360 });
    expect(fitted(720, 1280)).toEqual({ width: 360, height: 640 });
  });

  it('enlarges nothing, and loses no side', () => {
    expect(fitted(320, 240)).toEqual({ width: 320, height: 240 });
    expect(fitted(6400, 1)).toEqual({ width: 640, height: 1 });
  });
});

describe('cameraProblem', () => {
  it('tells apart no camera, no permission and a camera in use, and leaves bugs alone', () => {
    const of = (name: string) => cameraProblem(new DOMException('', name));
    expect(of('NotFoundError')).toBe('no-camera');
    expect(of('NotAllowedError')).toBe('denied');
    expect(of('NotReadableError')).toBe('busy');
    expect(cameraProblem(new TypeError('x'))).toBeUndefined();
    expect(cameraProblem(null)).toBeUndefined();
  });
});
