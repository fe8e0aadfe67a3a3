import type { use as en } from '../en/use.ts';
import { formatsFor } from '../format.ts';

const format = formatsFor('ko');

/** Words of the Use screen. */
export const use = {
  title: '사용',
  lead: '모델이 본 적 없는 사진을 보여 주세요.',
  asks: (run, backbone) => `${run} · ${backbone}이(가) 답해요.`,
  noRunTitle: '아직 학습한 모델이 없어요',
  noRunText: '실행이 끝난 뒤 아무 사진이나 여기에 놓으면 모델이 무엇인지 말해 줘요.',
  noRunAction: '학습으로 가기',
  drop: '사진을 여기에 놓으세요',
  dropHint: 'JPEG, PNG, WebP, GIF, TIFF, AVIF. 데이터 세트에는 넣지 않아요.',
  choose: '사진 고르기',
  another: '다른 사진 물어보기',
  answer: '모델의 답',
  asking: '모델에게 묻는 중…',
  probability: (className, percent) => `${className}: ${percent}`,
  milliseconds: (ms) => `${format.integer(Math.round(ms))} ms 만에 답했어요.`,
  unsure: '확신이 없어요. 확률이 절반을 넘는 클래스가 없어요.',
  onlyThese: '이 클래스들만 알아요. 다른 것이 찍힌 사진도 이 중 하나로 답해요.',
  strip: '이번에 물어본 사진',
  clear: '비우기',
  stripItem: (name, className, percent) => `${name}: ${className}, ${percent}`,
  stripFailed: (name) => `${name}: 답이 없어요`,
  later: '웹캠과 폴더를 표로 만드는 기능은 다음 버전에서 돼요.',
  open: {
    open: '저장한 모델 열기',
    opening: '모델을 읽는 중…',
    hint: '.keras나 .h5 파일, 또는 TensorFlow.js나 Teachable Machine의 ZIP. 클래스 목록을 함께 고를 수 있어요.',
    opened: (name, n) => `“${name}”을(를) 열었어요. 클래스 ${format.integer(n)}개를 알아요.`,
    openedUnnamed: (name, n) =>
      `“${name}”을(를) 열었어요. 클래스 ${format.integer(n)}개의 이름을 알 수 없어서 번호를 붙였어요. 이름을 붙이려면 labels.json이나 labels.txt를 모델과 함께 고르세요.`,
  },
  next: '모델 가져가기',
} satisfies typeof en;
