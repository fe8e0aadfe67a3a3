/** The few words of the desktop shell itself: menu, dialogs, and what it says when the backend died. */
export interface ShellWords {
  file: string;
  edit: string;
  view: string;
  go: string;
  window: string;
  screens: Record<Screen, string>;
  pickFolder: Record<'open' | 'export', string>;
  pickFile: Record<'weights' | 'pictures' | 'model' | 'archive', string>;
  kindOfFile: Record<'weights' | 'pictures' | 'model' | 'archive', string>;
  allFiles: string;
  backendDied: { title: string; isBack: string; isGone: string; goOn: string; quit: string };
}
/** The steps of the app, in their order; each is the fragment of its address. */
export const screens = ['data', 'model', 'train', 'compare', 'understand', 'use', 'export'] as const;
export type Screen = (typeof screens)[number];

const en: ShellWords = {
  file: 'File',
  edit: 'Edit',
  view: 'View',
  go: 'Go',
  window: 'Window',
  screens: {
    data: 'Data',
    model: 'Model',
    train: 'Train',
    compare: 'Compare',
    understand: 'Understand',
    use: 'Use',
    export: 'Export',
  },
  pickFolder: { open: 'Choose a folder of pictures', export: 'Choose an empty folder for the model' },
  pickFile: {
    weights: 'Choose a weight file',
    pictures: 'Choose pictures',
    model: 'Choose a model',
    archive: 'Choose a ZIP of pictures',
  },
  kindOfFile: { weights: 'Weights', pictures: 'Pictures', model: 'Models', archive: 'Archives' },
  allFiles: 'All files',
  backendDied: {
    title: 'Graft’s engine stopped unexpectedly',
    isBack:
      'It has been started again. A training that was under way has ended; finished runs are safe. Continue reads everything afresh.',
    isGone:
      'It stopped several times within a minute, so it was not started again. Finished runs are safe. Quit Graft and open it again.',
    goOn: 'Continue',
    quit: 'Quit',
  },
};

const ko: ShellWords = {
  file: '파일',
  edit: '편집',
  view: '보기',
  go: '이동',
  window: '창',
  screens: {
    data: '데이터',
    model: '모델',
    train: '학습',
    compare: '비교',
    understand: '이해',
    use: '사용',
    export: '내보내기',
  },
  pickFolder: { open: '사진 폴더 선택', export: '모델을 저장할 빈 폴더 선택' },
  pickFile: {
    weights: '가중치 파일 선택',
    pictures: '사진 선택',
    model: '모델 선택',
    archive: '사진을 압축한 ZIP 선택',
  },
  kindOfFile: { weights: '가중치', pictures: '사진', model: '모델', archive: '압축 파일' },
  allFiles: '모든 파일',
  backendDied: {
    title: 'Graft 엔진이 예기치 않게 멈췄습니다',
    isBack:
      '엔진을 다시 시작했습니다. 진행 중이던 학습은 끝났고, 완료된 실행은 안전합니다. 계속을 누르면 모든 내용을 새로 읽습니다.',
    isGone:
      '1분 안에 여러 번 멈춰 다시 시작하지 않았습니다. 완료된 실행은 안전합니다. Graft를 종료한 뒤 다시 열어 주세요.',
    goOn: '계속',
    quit: '종료',
  },
};

/** The words for a language setting; `system` follows the locale of the system. */
export function shellWords(language: string, locale: string): ShellWords {
  const wanted = language === 'system' ? locale : language;
  return wanted.toLowerCase().startsWith('ko') ? ko : en;
}
