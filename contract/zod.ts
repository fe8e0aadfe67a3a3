import { z } from 'zod';

// Zod probes `new Function` when the first schema is built unless told not to, which a strict Content-Security-Policy reports
// as a violation. Every file of the contract takes zod from here, so that it is told first.
z.config({ jitless: true });

export { z };
