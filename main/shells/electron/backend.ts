/** Entry of the backend's own process, a `utilityProcess` that app.ts starts. */
import { createBackend } from '../../backend/create-backend.ts';
import { serveBackend, type MainPort } from './serve-backend.ts';

serveBackend((process as unknown as { parentPort: MainPort }).parentPort, createBackend);
