import type { Environment } from 'vitest/runtime';

/**
 * Node without a DOM, but with modules compiled as for the browser: `$state` and `$derived` in `.svelte.ts` files then
 * react, while Svelte's server build computes them once.
 */
const environment: Environment = {
  name: 'client',
  viteEnvironment: 'client',
  setup: () => ({ teardown: () => undefined }),
};

export default environment;
