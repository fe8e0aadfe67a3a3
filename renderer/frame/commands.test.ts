import { describe, expect, it } from 'vitest';
import { matching, type Command } from './commands.ts';

const command = (label: string): Command => ({ id: label, label, run: () => undefined });
const commands = [command('Go to Data'), command('Train the head'), command('Go to Train')];

describe('matching', () => {
  it('takes the words typed in any order and case', () => {
    expect(matching(commands, 'train GO').map(({ label }) => label)).toEqual(['Go to Train']);
  });

  it('gives every command when nothing is typed', () => {
    expect(matching(commands, '  ')).toHaveLength(3);
  });
});
