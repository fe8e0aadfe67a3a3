/** Why there is no picture of a camera. */
export type CameraProblem = 'no-camera' | 'denied' | 'busy' | 'insecure' | 'lost';

/** Longer side of a picture that is kept, in pixels: more than any backbone sees. */
const maxSide = 640;
const jpegQuality = 0.92;

const problems: Readonly<Record<string, CameraProblem>> = {
  NotFoundError: 'no-camera',
  OverconstrainedError: 'no-camera',
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** What a failed `getUserMedia` means; undefined for a bug. */
export function cameraProblem(error: unknown): CameraProblem | undefined {
  return problems[(error as { name?: string } | null)?.name ?? ''];
}

/** A size that fits into a square, its shape kept, never enlarged. Whole pixels. */
export function fitted(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, maxSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** One camera, and the choice of others. Whoever opens it closes it. */
export class Camera {
  #stream = $state.raw<MediaStream | null>(null);
  #problem = $state.raw<CameraProblem | null>(null);
  #devices = $state.raw<readonly MediaDeviceInfo[]>([]);
  /** Of the camera wanted now: an answer for another one is let go at once. */
  #request = 0;

  stream = $derived(this.#stream);
  problem = $derived(this.#problem);
  /** All cameras of this machine, once one has been allowed. */
  devices = $derived(this.#devices);
  deviceId = $derived(this.#stream?.getVideoTracks()[0]?.getSettings().deviceId ?? '');

  /** Starts a camera instead of the one before; without an id, the one that the system prefers. */
  async open(deviceId?: string): Promise<void> {
    this.close();
    const request = this.#request;
    this.#problem = null;
    // Absent where a page came over plain http from another machine.
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (media === undefined) return void (this.#problem = 'insecure');
    try {
      const size = { width: { ideal: 640 }, height: { ideal: 480 } };
      const video = deviceId === undefined ? size : { ...size, deviceId: { exact: deviceId } };
      const stream = await media.getUserMedia({ video, audio: false });
      if (request !== this.#request) return stop(stream);
      stream.getVideoTracks()[0]?.addEventListener('ended', () => this.#onEnded(stream));
      this.#stream = stream;
      const devices = await media.enumerateDevices(); // named only now that one is allowed
      this.#devices = devices.filter(({ kind }) => kind === 'videoinput');
    } catch (error) {
      if (request !== this.#request) return;
      const problem = cameraProblem(error);
      if (problem === undefined) throw error;
      this.#problem = problem;
    }
  }

  /** Lets the camera go: its light goes out. */
  close(): void {
    this.#request++;
    if (this.#stream !== null) stop(this.#stream);
    this.#stream = null;
  }

  #onEnded(stream: MediaStream): void {
    if (this.#stream !== stream) return;
    this.close();
    this.#problem = 'lost';
  }
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** What a video shows now, as JPEG. Null while it shows nothing. */
export function pictureOf(video: HTMLVideoElement, isMirrored: boolean): Promise<Blob | null> {
  if (video.videoWidth === 0) return Promise.resolve(null);
  const { width, height } = fitted(video.videoWidth, video.videoHeight);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d')!;
  if (isMirrored) context.setTransform(-1, 0, 0, 1, width, 0);
  context.drawImage(video, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', jpegQuality));
}
