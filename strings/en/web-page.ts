/** Words of the web page that goes with a TensorFlow.js export. It is a page of its own: nothing of the app's catalogue is in it. */
export const webPage = {
  title: 'Image classifier',
  lead: 'Drop a picture, paste one, or use the webcam. Everything is computed in this page; no picture leaves it.',
  choose: 'Choose a picture',
  webcam: 'Use the webcam',
  stopWebcam: 'Stop the webcam',
  dropHere: 'Drop a picture here',
  picture: 'The picture',
  answers: 'Classes',
  loading: 'Loading the model…',
  ready: 'Ready.',
  computing: 'Computing…',
  took: (name: string, milliseconds: string) => `${name}: ${milliseconds} ms.`,
  more: (numClasses: string) => `and ${numClasses} more classes, less probable`,
  notReadable: (name: string) => `“${name}” is no picture that this browser can read. Try a JPEG or PNG.`,
  noWebcam: 'The webcam could not be used. Allow it for this page, and see that no other program is using it.',
  needsServer:
    'A browser loads the model only from a web server. In this folder run “python3 -m http.server” and open http://localhost:8000.',
  notLoaded: (reason: string) => `The model could not be loaded: ${reason}`,
  notAnswered: (reason: string) => `The picture could not be computed: ${reason}`,
  webcamName: 'Webcam',
  pastedName: 'Pasted picture',
  computedBy: {
    webgl: 'Computed by WebGL',
    halfWebgl: 'Computed by WebGL in 16 bits',
    cpu: 'Computed by the processor',
  },
  footer: 'Made with Graft. README.md says what the model is, what it was trained on and what it cannot do.',
};
export type WebPageWords = typeof webPage;
