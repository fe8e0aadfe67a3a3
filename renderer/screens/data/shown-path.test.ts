import { describe, expect, it } from 'vitest';
import { shownPath } from './shown-path.ts';

describe('shownPath', () => {
  it('shows an added picture by the name it came with, and all others by their place', () => {
    expect(shownPath('.graft-added/0a1b2c3d-my cat.jpg')).toBe('my cat.jpg');
    expect(shownPath('train/cats/1.jpg')).toBe('train/cats/1.jpg');
  });
});
