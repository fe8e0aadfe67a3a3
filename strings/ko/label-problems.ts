import type { LabelProblem } from '../../contract/errors.ts';

/** What is wrong with a list of labels, what was expected, what to do; `found` is what stands there. */
export const labelProblems: { [P in LabelProblem]: (found: string) => string } = {
  encoding: () => 'UTF-8, UTF-16, 한국어(CP949) 텍스트가 아니에요. “CSV UTF-8”로 저장하세요.',
  'too-large': () => '64 MB보다 커요. 목록을 여러 개로 나누세요.',
  'too-many-rows': () => '사진이 200,000장보다 많아요. 목록을 여러 개로 나누세요.',
  empty: () => '사진이 하나도 없어요. 한 줄에 path,label 또는 path,label,split이 있어야 해요.',
  'no-path-column': (found) =>
    `이름이 path, file, filename, image인 열이 없어요${standing(found)}. 사진 경로 열에 그 이름을 붙이세요.`,
  'no-label-column': (found) =>
    `이름이 label, class, category인 열이 없어요${standing(found)}. 클래스 열에 그 이름을 붙이세요.`,
  columns: (found) => `열이 하나 더 있어요${standing(found)}. 쉼표가 든 이름은 따옴표로 묶으세요.`,
  quote: () => '따옴표가 닫히지 않았거나 그 뒤에 다른 글자가 있어요. 이름에 든 따옴표는 ""처럼 두 번 쓰세요.',
  'no-path': () => '사진 이름이 없어요. 경로를 쓰거나 줄을 지우세요.',
  label: (found) => `“${found}”은(는) 클래스 이름이 될 수 없어요. 빗금 없이 200자까지만 쓸 수 있어요. 이름을 바꾸세요.`,
  split: (found) => `“${found}”이라는 분할은 없어요. train, validation, test 중 하나를 쓰세요.`,
  'mixed-split': () => '분할이 있는 사진과 없는 사진이 섞여 있어요. 모두 쓰거나 모두 비우세요.',
  json: () => '여기부터 JSON이 아니에요. 빠진 쉼표나 따옴표를 찾아보세요.',
  'json-shape': () =>
    'path와 label이 든 객체여야 해요. [{"path": "a.jpg", "label": "cat"}] 또는 {"a.jpg": "cat"}처럼 쓰세요.',
};
const standing = (found: string): string => (found === '' ? '' : ` (있는 것: “${found}”)`);
