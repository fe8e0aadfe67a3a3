import type { exporting as en } from '../en/export.ts';
import { formatsFor } from '../format.ts';

const format = formatsFor('ko');

/** Words of the Export screen. */
export const exporting = {
  title: '내보내기',
  lead: '모델을 가져가세요. 내보낸 파일은 모두 다시 불러와 앱과 견줘 본 뒤에 드려요.',
  noRunTitle: '아직 내보낼 것이 없어요',
  noRunText: '실행이 끝나면 다른 곳에서도 불러올 수 있는 형식으로 모델을 내보낼 수 있어요.',
  noRunAction: '학습으로 가기',
  of: (run, backbone) => `${run} · ${backbone}`,
  formats: {
    tfjs: { name: 'TensorFlow.js', purpose: '웹 페이지와 Node용. 가중치와 라벨이 함께 있는 layers 모델이에요.' },
    keras: { name: 'Keras .keras', purpose: 'Python용. Keras 3에서 이어서 학습하거나 서비스해요.' },
    h5: { name: 'Keras .h5', purpose: 'Python용. 예전 Keras와 TensorFlow에서 써요.' },
    onnx: { name: 'ONNX', purpose: '그 밖의 거의 모든 곳. C++, C#, Java, 휴대폰, ONNX Runtime.' },
    savedmodel: { name: 'SavedModel', purpose: 'TensorFlow Serving과 TensorFlow Lite용이에요.' },
    script: { name: 'Keras 스크립트', purpose: '실행 전체를 담은 Python 파일이에요. 읽고 다시 돌릴 수 있어요.' },
  },
  later: '다음 버전에서 돼요',
  size: (size) => `약 ${size}`,
  exportAs: (format) => `${format}로 내보내기`,
  exportAgain: '다시 내보내기',
  running: '쓰고, 다시 불러와, 견주는 중…',
  failed: '내보내지 못했어요',
  certificate: '확인서',
  same: (numImages) => `사진 ${format.integer(numImages)}장 중 ${format.integer(numImages)}장의 답이 같아요`,
  changed: (numSame, numImages) => `사진 ${format.integer(numImages)}장 중 ${format.integer(numSame)}장의 답이 같아요`,
  largest: (difference) => `확률의 가장 큰 차이: ${difference}`,
  mean: (difference) => `평균 차이: ${difference}`,
  exact: '차이가 전혀 없어요',
  files: '파일',
  total: '모두',
  folder: '폴더',
  download: 'zip으로 내려받기',
  reveal: '폴더에서 보기',
  chooseFolder: '폴더를 골라 내보내기',
  snippet: '쓰는 법',
  snippetHint: '사진을 0에서 255까지의 [1, 높이, 너비, 3] 텐서로 만드세요. 나머지는 모델 안에 있어요.',
  copy: '복사',
  copied: '복사했어요',
} satisfies typeof en;
