import type { Conversion, Verdict } from '../../contract/dataset.ts';
import type { verdicts as en } from '../en/verdicts.ts';
import { formatsFor } from '../format.ts';
import { data } from './data.ts';

const format = formatsFor('ko');
const conversions: Record<Conversion, string> = {
  turned: '똑바로 돌림',
  cmyk: 'CMYK에서 바꿈',
  '16-bit': '16비트에서 바꿈',
  alpha: '투명한 곳은 흰색으로',
  animated: '첫 장면만 씀',
};
const pathOf = ({ other }: Verdict): string => other?.path ?? '?';
const alike = ({ similarity, byFeatures }: Verdict): string =>
  similarity === undefined ? '' : ` (${byFeatures ? '특징이 ' : ''}${format.percent(similarity)} 비슷해요)`;

/** What Graft says about single pictures, and how they are found, selected and put in order. */
export const verdicts = {
  kinds: {
    used: '사용',
    turned: 'EXIF대로 돌림',
    converted: '변환함',
    'exact-duplicate': '똑같은 파일',
    'near-duplicate': '거의 같은 사진',
    'two-classes': '두 클래스에 있음',
    leak: '부분 사이 누출',
    excluded: '뺀 사진',
    skipped: '쓰지 않음',
  },
  conversions,
  sentence: (verdict) => {
    switch (verdict.kind) {
      case 'used':
        return '사용해요';
      case 'turned':
        return 'EXIF대로 똑바로 돌렸어요';
      case 'converted':
        return `변환했어요: ${(verdict.conversions ?? []).map((one) => conversions[one]).join(', ')}`;
      case 'exact-duplicate':
        return `${pathOf(verdict)}와(과) 똑같은 파일이에요`;
      case 'near-duplicate':
        return verdict.byFeatures
          ? `${pathOf(verdict)}와(과) 같은 것을 담은 사진이에요${alike(verdict)}`
          : `${pathOf(verdict)}을(를) 다시 만든 사진이에요${alike(verdict)}`;
      case 'two-classes':
        return `“${verdict.other?.className ?? '?'}”에도 있어요: ${pathOf(verdict)}${alike(verdict)}`;
      case 'leak':
        return `${verdict.other ? data.splits[verdict.other.split] : '?'}에도 있어요: ${pathOf(verdict)}${alike(verdict)}`;
      case 'excluded':
        return '직접 뺐어요';
      case 'skipped':
        return '쓰지 않아요';
    }
  },
  title: '모든 파일의 판정',
  open: '판정',
  filter: '어떤 판정',
  any: (n) => `모든 판정 (${format.integer(n)})`,
  counted: (kind, n) => `${kind} (${format.integer(n)})`,
  search: '경로에서 찾기',
  none: '이 판정을 받은 파일이 없어요.',
  unlisted: (n) => `${format.integer(n)}개는 더 있지만, 세기만 하고 목록에는 넣지 않았어요`,
  csv: 'CSV로 저장',
  csvName: (dataset) => `${dataset} 판정.csv`,
  comparing: '같은 사진을 찾는 중',
  show: '보기',
  split: '부분',
  anySplit: '모든 부분',
  verdict: '알아낸 것',
  anyVerdict: '무엇이든',
  order: '순서',
  orders: { path: '이름', size: '파일 크기', pixels: '픽셀 수', sharpness: '선명도', brightness: '밝기' },
  ascending: '작은 것부터',
  descending: '큰 것부터',
  nothingFound: '맞는 사진이 없어요.',
  clearFilters: '모두 보기',
  selection: {
    title: '고른 사진',
    count: (n) => `사진 ${format.integer(n)}장을 골랐어요`,
    all: (n) => `${format.integer(n)}장 모두 고르기`,
    clear: '고른 것 풀기',
    relabel: '고른 사진의 클래스 (1~9 키)',
    move: '고른 사진이 들어갈 부분',
    choose: '고르기…',
    exclude: '빼기',
    include: '다시 넣기',
    one: (path) => `${path} 고르기`,
    dropHere: (className) => `놓으면 “${className}”(으)로 옮겨요`,
  },
  classes: {
    tools: (name) => `클래스 “${name}”`,
    rename: '이름 바꾸기',
    newName: '클래스의 새 이름',
    merges: (name) => `“${name}”이(가) 이미 있어요. 둘이 하나가 돼요.`,
    merge: '합치기',
    remove: '클래스 없애기',
    removeHint: '사진은 빼고, 파일은 그대로 둬요.',
  },
  drawing: {
    open: '다시 나누기',
    wait: '파일을 모두 살펴본 뒤에 나눌 수 있어요. 그래야 같은 사진을 한쪽에 둘 수 있어요.',
    title: '분할 다시 나누기',
    hint: '같은 사진과 거의 같은 사진은 한쪽에 둬요. 되돌릴 수 있어요.',
    how: '방법',
    fractions: '비율로',
    folds: '폴드로',
    validation: '검증, %',
    test: '테스트, %',
    seed: '시드',
    numFolds: '폴드 수',
    fold: '검증에 쓸 폴드',
    draw: '나누기',
    tooLarge: '검증과 테스트를 빼면 학습할 것이 남지 않아요. 둘을 더해 100 %보다 작아야 해요.',
  },
  mend: {
    wait: 'Graft가 아직 파일을 살펴보고 있어요. 다 볼 때까지 기다려 주세요.',
    leakDrawn: '같은 사진끼리 모아 다시 나누기',
    leakGiven: '학습에서 복사본 빼기',
    duplicates: '복사본 빼기',
    'two-classes': '모두 빼기',
    removeClass: (name) => `“${name}” 없애기`,
  },
  facts: {
    size: '크기',
    pixels: (width, height) => `${format.integer(width)} × ${format.integer(height)}`,
    sharpness: '선명도',
    brightness: '밝기',
    camera: '카메라',
    lens: '렌즈',
    takenAt: '찍은 때',
    exposure: '노출',
    exposureText: (seconds, fNumber, iso, mm) =>
      [
        seconds === null ? '' : seconds < 1 ? `1/${format.integer(Math.round(1 / seconds))}초` : `${seconds}초`,
        fNumber === null ? '' : `f/${fNumber}`,
        iso === null ? '' : `ISO ${iso}`,
        mm === null ? '' : `${Math.round(mm)} mm`,
      ]
        .filter((part) => part !== '')
        .join(' · '),
    location: '장소',
    hasLocation: '찍은 곳이 파일에 들어 있어요',
  },
} satisfies typeof en;
