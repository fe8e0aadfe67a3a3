import { describe, expect, it } from 'vitest';
import { errorParams, GraftError, labelProblems, linkProblems } from '../contract/errors.ts';
import { wordsFor } from './index.ts';

const en = wordsFor('en');
const ko = wordsFor('ko');

/** Every path of a catalogue with what stands there. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, `${path}.${key}`));
}

describe('wordsFor', () => {
  it('says the same things in both languages', () => {
    const kinds = (words: unknown) =>
      leaves(words)
        .map(([path, value]) => `${path}: ${typeof value}`)
        .sort();
    expect(kinds(ko)).toEqual(kinds(en));
  });

  it('says every sentence in Korean', () => {
    const untranslated = leaves(ko)
      .filter(([, value]) => typeof value === 'string' && /[a-z]{3,} [a-z]{2,} [a-z]{2,}/i.test(value))
      .map(([path]) => path);
    expect(untranslated).toEqual([]);
  });

  it('has no exclamation marks', () => {
    const loud = [...leaves(en), ...leaves(ko)].filter(([, value]) => typeof value === 'string' && value.includes('!'));
    expect(loud).toEqual([]);
  });

  it('explains every term in two sentences or three', () => {
    for (const [name, term] of Object.entries(en.terms)) {
      const numSentences = (term.text.match(/[.”](\s|$)/g) ?? []).length;
      expect(numSentences, name).toBeGreaterThanOrEqual(2);
    }
  });
});

describe('verdict sentences', () => {
  it('tell what was found by features from what was found by looks', () => {
    const other = { imageId: 'd.1', path: 'cats/1.jpg', className: 'cats', split: 'train' } as const;
    const byLook = { kind: 'near-duplicate', other, similarity: 0.98 } as const;
    const sentences = [byLook, { ...byLook, byFeatures: true as const }].flatMap((verdict) =>
      [en, ko].map((words) => words.verdicts.sentence(verdict)),
    );
    expect(sentences).toEqual([
      'cats/1.jpg, made over (98.0 % alike)',
      'cats/1.jpg을(를) 다시 만든 사진이에요 (98.0 % 비슷해요)',
      'Shows the same as cats/1.jpg (98.0 % alike by features)',
      'cats/1.jpg와(과) 같은 것을 담은 사진이에요 (특징이 98.0 % 비슷해요)',
    ]);
  });
});

describe('error sentences', () => {
  it('exist for every code in both languages, and say what to do', () => {
    const codes = Object.keys(errorParams).sort();
    expect(Object.keys(en.errors).sort()).toEqual(codes);
    expect(Object.keys(ko.errors).sort()).toEqual(codes);
  });

  it('tell apart why a link is refused', () => {
    for (const words of [en, ko]) {
      const sentences = linkProblems.map((problem) => words.errors['link-refused']({ url: 'https://a.b', problem }));
      expect(new Set(sentences).size).toBe(linkProblems.length);
    }
  });

  it('tell apart why a list of labels cannot be read', () => {
    for (const words of [en, ko]) {
      const facts = { file: 'labels.csv', line: 3, unit: 'line', found: 'x' } as const;
      const sentences = labelProblems.map((problem) => words.errors['labels-not-readable']({ ...facts, problem }));
      expect(new Set(sentences).size).toBe(labelProblems.length);
    }
  });

  it.each([
    [
      new GraftError('labels-not-readable', { file: 'labels.csv', line: 1200, unit: 'line', problem: 'split', found: 'training set' }), // prettier-ignore
      'labels.csv, line 1,200: “training set” is no part of a data set. Write train, validation or test.',
      'labels.csv, 1,200번째 줄: “training set”이라는 분할은 없어요. train, validation, test 중 하나를 쓰세요.',
    ],
    [
      new GraftError('class-too-small', { className: 'cat', numImages: 1, minImages: 2 }),
      '“cat” has 1 picture and needs at least 2. Add 1 more, or remove the class.',
      '“cat”에 사진이 1장 있어요. 적어도 2장이 필요해요. 1장 더 넣거나 클래스를 지우세요.',
    ],
    [
      new GraftError('backbone-not-found', { backboneId: 'resnet5', near: ['resnet50', 'resnet18'] }),
      'There is no backbone “resnet5”. Did you mean resnet50 or resnet18?',
      '“resnet5”이라는 백본은 없어요. 혹시 resnet50, resnet18인가요?',
    ],
    [
      new GraftError('weights-missing', {
        backboneId: 'vgg16',
        officialFile: 'vgg16.h5',
        officialUrl: 'https://example.org/vgg16.h5',
      }),
      'The weights of vgg16 are not on this computer. Download vgg16.h5 from https://example.org/vgg16.h5 and import it.',
      'vgg16의 가중치가 이 컴퓨터에 없어요. https://example.org/vgg16.h5에서 vgg16.h5을(를) 내려받아 가져오세요.',
    ],
    [
      new GraftError('export-differs', { maxAbsoluteDifference: 0.0312, numChangedLabels: 2 }),
      'The exported model does not answer as the app does: 2 answers changed, the largest difference is 0.03. It was not kept; please report this.',
      '내보낸 모델의 답이 앱과 달라요. 답 2개가 바뀌었고 가장 큰 차이는 0.03이에요. 파일을 남기지 않았어요. 이 문제를 알려 주세요.',
    ],
    [
      new GraftError('link-refused', { url: 'https://drive.google.com/x', problem: 'drive-folder' }),
      'https://drive.google.com/x is a folder of Google Drive, and one file was expected. Put the pictures in a ZIP file, share it, and give its link.',
      'https://drive.google.com/x은(는) Google Drive의 폴더예요. 파일 하나가 필요해요. 사진을 ZIP 파일로 묶어 공유하고 그 링크를 주세요.',
    ],
    [
      new GraftError('download-too-large', { url: 'https://example.org/a.zip', maxBytes: 20_000_000_000 }),
      'https://example.org/a.zip is larger than 20 GB, the most that Graft downloads. Give a smaller file, or download it yourself and open it.',
      'https://example.org/a.zip은(는) Graft가 내려받을 수 있는 20 GB보다 커요. 더 작은 파일을 주거나 직접 내려받아 여세요.',
    ],
    [
      new GraftError('training-diverged', { epoch: 3, learningRate: 0.5 }),
      'The loss became infinite in epoch 3: the learning rate 0.5 is too high. Try a tenth of it.',
      '에포크 3에서 손실이 무한대가 됐어요. 학습률 0.5이(가) 너무 커요. 10분의 1로 해 보세요.',
    ],
  ])('%s', (error, english, korean) => {
    expect(en.error(error)).toBe(english);
    expect(ko.error(error)).toBe(korean);
  });
});
