import type { WebPageWords } from '../en/web-page.ts';

/** Words of the web page that goes with a TensorFlow.js export. */
export const webPage = {
  title: '이미지 분류기',
  lead: '사진을 끌어다 놓거나, 붙여 넣거나, 웹캠을 쓰세요. 모두 이 페이지 안에서 계산하고, 사진은 밖으로 나가지 않아요.',
  choose: '사진 고르기',
  webcam: '웹캠 쓰기',
  stopWebcam: '웹캠 멈추기',
  dropHere: '여기에 사진을 놓으세요',
  picture: '사진',
  answers: '클래스',
  loading: '모델을 불러오는 중…',
  ready: '준비됐어요.',
  computing: '계산하는 중…',
  took: (name, milliseconds) => `${name}: ${milliseconds} ms.`,
  more: (numClasses) => `그 밖에 확률이 더 낮은 클래스 ${numClasses}개`,
  notReadable: (name) => `“${name}”은 이 브라우저가 읽을 수 있는 사진이 아니에요. JPEG나 PNG로 해 보세요.`,
  noWebcam: '웹캠을 쓸 수 없어요. 이 페이지에 허용하고, 다른 프로그램이 쓰고 있지 않은지 보세요.',
  needsServer:
    '브라우저는 웹 서버에서만 모델을 불러와요. 이 폴더에서 “python3 -m http.server”를 실행하고 http://localhost:8000 을 여세요.',
  notLoaded: (reason) => `모델을 불러오지 못했어요: ${reason}`,
  notAnswered: (reason) => `사진을 계산하지 못했어요: ${reason}`,
  webcamName: '웹캠',
  pastedName: '붙여 넣은 사진',
  computedBy: { webgl: 'WebGL로 계산해요', halfWebgl: 'WebGL 16비트로 계산해요', cpu: '프로세서로 계산해요' },
  footer: 'Graft로 만들었어요. 어떤 모델인지, 무엇으로 학습했는지, 무엇을 못 하는지는 README.md에 있어요.',
} satisfies WebPageWords;
