import type { understand as en } from '../en/understand.ts';
import { formatsFor } from '../format.ts';

const format = formatsFor('ko');

/** Words of the Understand screen. */
export const understand = {
  title: '이해',
  lead: '모델이 무엇을 맞히고, 무엇을 무엇으로 잘못 보는지 보여 줘요.',
  of: (run, backbone) => `${run} · ${backbone}`,
  emptyTitle: '아직 볼 것이 없어요',
  emptyText: '실행이 끝나면 클래스마다 틀린 수를 여기서 세어 줘요.',
  emptyAction: '학습으로 가기',
  matrix: '혼동 행렬',
  caption: (numImages, split) =>
    `행은 실제 클래스, 열은 모델의 답이에요. ${split === 'test' ? '테스트' : '검증'} 사진 ${format.integer(numImages)}장.`,
  truth: '실제 클래스',
  predicted: '모델의 답',
  found: '찾은 비율',
  right: (className, n) => `${className} ${format.integer(n)}장을 알아봤어요`,
  wrong: (truth, said, n) => `${truth} ${format.integer(n)}장을 ${said}(으)로 봤어요`,
  summary: (correct, total) => `${format.integer(total)}장 중 ${format.integer(correct)}장 맞힘`,
  worst: (truth, said, n) => `가장 잦은 실수: ${truth}을(를) ${said}(으)로 ${format.integer(n)}번 봤어요.`,
  noMistake: '이 사진들에서는 틀리지 않았어요. 우연일 수도 있으니 사진이 몇 장인지 보세요.',
  noMatrix: '이 실행에는 혼동 행렬이 없어요. 평가하기 전에 끝났어요.',
  measure: {
    title: '아직 재지 않았어요',
    text: '이 모델은 사진 없이 왔어요. 클래스가 같은 데이터 세트로 재 보세요.',
    start: (dataset) => `“${dataset}”(으)로 재기`,
    busy: '재는 중…',
    toData: '데이터 세트 열기',
  },
  later: '다음 버전에서: 칸마다 그 사진들, 가장 크게 틀린 사진, 열지도, 여기서 라벨 고치기.',
  next: '모델 써 보기',
} satisfies typeof en;
