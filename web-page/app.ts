import { webPage as english } from '../strings/en/web-page.ts';
import { webPage as korean } from '../strings/ko/web-page.ts';
import { Classifier } from './classifier.ts';
import { readPixels } from './pixels.ts';
import { element, showAnswers, showStatus, showWords } from './view.ts';

const language = navigator.language.startsWith('ko') ? 'ko' : 'en';
const words = language === 'ko' ? korean : english;
const preview = element<HTMLCanvasElement>('preview');
const video = element<HTMLVideoElement>('webcam-view');
const fileInput = element<HTMLInputElement>('file');
const webcamButton = element<HTMLButtonElement>('webcam');

let classifier: Classifier | null = null;
/** A picture that came before the model: the newest is answered then. */
let early: { file: Blob; name: string } | null = null;
/** Without a graphics card a picture takes seconds, and buttons want a turn between two. */
const maxPauseMs = 1000;
/** The newest picture asked for: an answer to an older one is not shown. */
let turn = 0;

showWords(words, language);
void start();

async function start(): Promise<void> {
  showStatus(location.protocol === 'file:' ? words.needsServer : words.loading, location.protocol === 'file:');
  if (location.protocol === 'file:') return;
  await nextFrame();
  try {
    classifier = await Classifier.load();
  } catch (error) {
    return showStatus(words.notLoaded(error instanceof Error ? error.message : String(error)), true);
  }
  element('backend').textContent = words.computedBy[classifier.computedBy];
  element<HTMLButtonElement>('choose').disabled = false;
  webcamButton.disabled = navigator.mediaDevices === undefined; // only a secure address has any
  showStatus(words.ready);
  if (early !== null) await open(early.file, early.name);
}

async function open(file: Blob, name: string): Promise<void> {
  if (classifier === null) {
    early = { file, name };
    return;
  }
  stopWebcam();
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file); // upright by EXIF
  } catch {
    return showStatus(words.notReadable(name), true);
  }
  await answer(picture, [picture.height, picture.width], name);
  picture.close();
}

async function answer(picture: CanvasImageSource, size: readonly [number, number], name: string): Promise<void> {
  try {
    await compute(picture, size, name);
  } catch (error) {
    // As when the graphics card's memory is full.
    stopWebcam();
    showStatus(words.notAnswered(error instanceof Error ? error.message : String(error)), true);
  }
}

async function compute(picture: CanvasImageSource, size: readonly [number, number], name: string): Promise<void> {
  if (classifier === null) return;
  const mine = ++turn;
  const pixels = readPixels(preview, picture, size);
  show(picture === video ? video : preview);
  if (picture !== video) {
    showStatus(words.computing);
    await nextFrame();
  }
  const startedAt = performance.now();
  const answers = await classifier.classify(pixels);
  if (mine !== turn) return;
  showAnswers(answers, words, language);
  showStatus(words.took(name, (performance.now() - startedAt).toFixed(0)));
}

/** The one thing on the stage. */
function show(shown: HTMLElement): void {
  for (const part of [element('hint'), preview, video]) part.hidden = part !== shown;
}

async function startWebcam(): Promise<void> {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  } catch {
    return showStatus(words.noWebcam, true);
  }
  video.srcObject = stream;
  webcamButton.textContent = words.stopWebcam;
  await video.play();
  while (video.srcObject === stream) {
    const startedAt = performance.now();
    await answer(video, [video.videoHeight, video.videoWidth], words.webcamName);
    await nextFrame();
    await pause(Math.min(maxPauseMs, (performance.now() - startedAt) / 4));
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function stopWebcam(): void {
  const stream = video.srcObject as MediaStream | null;
  for (const track of stream?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  turn++;
  webcamButton.textContent = words.webcam;
  if (stream !== null) show(element('hint'));
}

/** Lets the page be drawn first. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

element('choose').addEventListener('click', () => fileInput.click());
fileInput.addEventListener('change', () => {
  const file = fileInput.files?.[0];
  if (file) void open(file, file.name);
  fileInput.value = ''; // the same file may be chosen again
});
webcamButton.addEventListener('click', () => (video.srcObject === null ? void startWebcam() : stopWebcam()));
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  document.body.classList.add('over');
});
document.addEventListener('dragleave', () => document.body.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('over');
  const file = event.dataTransfer?.files[0];
  if (file) void open(file, file.name);
});
document.addEventListener('paste', (event) => {
  const file = event.clipboardData?.files[0];
  if (file) void open(file, words.pastedName);
});
