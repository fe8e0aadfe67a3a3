import type { data as en } from '../en/data.ts';
import { formatsFor } from '../format.ts';

const format = formatsFor('ko');

/** Words of the Data screen. */
export const data = {
  title: '데이터',
  lead: '폴더 하나가 클래스 하나예요. 모든 것이 이 컴퓨터 안에 있어요.',
  inPlace: (name) => `${name}, 있는 자리에서 읽어요. 파일은 옮기거나 바꾸지 않아요.`,
  uploaded: (name) => `${name}, Graft가 가진 복사본이에요. 원래 파일은 그대로예요.`,
  archived: (name) => `${name}, Graft의 자리에 압축을 풀었어요. 압축 파일은 그대로예요.`,
  linked: (name) => `${name}, 링크에서 받아 Graft의 자리에 풀었어요.`,
  sample: (name) => `${name}, Graft가 시드로 그린 예제예요.`,
  listed: (file, numUnlisted) =>
    numUnlisted === 0
      ? `사진과 클래스는 ${file}에 적힌 대로예요.`
      : `사진과 클래스는 ${file}에 적힌 대로예요. 곁에 있는 파일 ${format.integer(numUnlisted)}개는 목록에 없어요.`,
  empty: {
    drop: '사진 폴더를 놓으세요',
    dropHint: '폴더를 압축한 ZIP이나 링크도 돼요. 이 창 어디에나 놓으세요.',
    openFolder: '폴더 열기',
    openArchive: 'ZIP 열기',
    link: '또는 ZIP 링크: https 주소나 Google Drive 공유 링크',
    linkPlaceholder: 'https://drive.google.com/file/d/…',
    getLink: '받기',
    exampleLink: '강의에서 쓰는 cats_and_dogs_small.zip',
    sha256: '알고 있다면 파일의 SHA-256',
    sample: '예제로 해 보기',
    sampleHint: '모든 것을 해 볼 수 있는 그린 사진이에요. 몇 초면 돼요.',
    path: '또는 Graft가 도는 컴퓨터에 있는 폴더, ZIP, 목록(CSV, JSON)의 경로',
    pathPlaceholder: '/home/you/pictures',
    pathHint: (hint) => `${hint} 아래 폴더를 열 수 있어요.`,
    add: '읽기',
    browse: '찾아보기',
    browseTop: '열 수 있는 폴더',
    browseUp: '한 단계 위로',
    browseHere: (name) => `${name} 읽기`,
    browseNothing: '여기에는 폴더도, 압축 파일도, 목록도 없어요.',
    browseMore: (n) => `${format.integer(n)}개는 더 보이지 않아요. 경로를 적어 주세요.`,
    browsePictures: (n) => `이 폴더에 바로 든 사진 ${format.integer(n)}장`,
    browseKinds: { folder: '폴더', archive: '압축 파일', list: '라벨 목록' },
    layoutTitle: '폴더는 이런 모양이에요',
    layoutClasses: '폴더 하나가 클래스 하나예요. 학습, 검증, 테스트는 Graft가 나눠요.',
    layoutSplits: '또는 강의처럼 이미 나뉜 폴더예요. 나눈 그대로 써요.',
    layoutList: '또는 labels.csv 같은 목록을 곁에 두세요. path,label에 원하면 split도 쓸 수 있어요.',
    exampleClasses: ['cats', 'dogs'],
    start: '빈 데이터로 시작',
    startTitle: '클래스 두 개로 시작하기',
    startHint: '클래스 두 개로 시작해요. 웹캠으로 찍거나 사진을 놓아서 채우세요.',
    startName: '이름',
    startDefault: '내 사진',
    startClass: (n) => `클래스 ${format.integer(n)}`,
    startCreate: '만들기',
    startCancel: '취소',
  },
  busy: {
    uploading: (name) => `${name} 올리는 중`,
    downloading: (name) => `${name} 받는 중`,
    unpacking: (name) => `${name} 압축을 푸는 중`,
    paused: (name) => `${name}: 잠시 멈춤`,
    bytes: (done, total) => (total === null ? done : `${total} 중 ${done}`),
    left: (time) => `${time} 남음`,
    pause: '잠시 멈추기',
    resume: '계속하기',
    drawing: '예제 사진을 그리는 중',
    scanning: (name) => `${name}의 파일을 모두 살펴보는 중`,
    progress: (done, total) => `파일 ${format.integer(total)}개 중 ${format.integer(done)}개`,
    cancel: '취소',
    goOn: {
      folder: '그사이 이 페이지를 닫았나요? 같은 폴더를 다시 고르면 이어서 올려요. 이미 온 파일은 다시 보내지 않아요.',
      archive: '그사이 이 페이지를 닫았나요? 같은 파일을 다시 고르면 이어서 올려요. 이미 온 만큼은 다시 보내지 않아요.',
    },
  },
  failed: '이 데이터 세트를 읽지 못했어요',
  missing: '폴더가 사라졌어요',
  missingHint: '옮겼거나, 이름을 바꿨거나, 디스크가 연결되지 않았어요. 되돌려 놓거나 지금 있는 곳에서 다시 여세요.',
  tryAgain: '다시 시도',
  forget: '이 데이터 세트 잊기',
  forgot: (name) => `${name}을(를) 잊었어요. 사진은 그대로 있어요.`,
  readAgain: '다시 읽기',
  readAgainHint: '더하거나 바꾸거나 없앤 파일을 찾아요.',
  addPictures: '다른 폴더 열기',
  classes: '클래스',
  all: '모두',
  split: '분할',
  splitFrom: { folders: '폴더대로', drawn: '시드로 나눔', edited: '직접 나눔' },
  splitFromList: '목록에서',
  splits: { train: '학습', validation: '검증', test: '테스트' },
  splitShort: { train: '학습', validation: '검증', test: '테스트' },
  classCount: (name, n) => `${name}: 사진 ${format.integer(n)}장`,
  moreClasses: (n) => `그 밖에 ${format.integer(n)}개`,
  notUsed: (n) => `쓰지 않은 파일 ${format.integer(n)}개: 이유 보기`,
  notUsedMore: '더 보기',
  close: '닫기',
  reasons: {
    'not-an-image': '사진이 아니에요',
    corrupt: '망가져서 풀 수 없어요',
    truncated: '파일 끝이 잘렸어요',
    'decoder-crashed': '풀다가 디코더가 멈출 만큼 망가졌어요. 파일이 바뀔 때까지 건드리지 않아요',
    empty: '0바이트, 비어 있어요',
    unreadable: '열 수 없어요. 권한을 확인하세요',
    'unsupported-format': 'Graft가 읽지 못하는 사진 형식이에요',
    'too-large': '안전하게 풀기에는 너무 커요',
    'too-small': '너무 작아서 알아볼 것이 없어요',
    'no-class': '클래스가 없어요. 클래스 폴더에 넣거나 목록에 라벨을 쓰세요',
    'too-deep': '폴더가 너무 깊어요',
    'left-in-archive': '압축 파일 안에 남겨 둠',
    'name-not-kept': '올리지 않았어요. 모든 시스템이 받는 이름이 아니에요. 이름을 바꾸고 폴더를 다시 올리세요',
    'name-taken': '올리지 않았어요. 대소문자나 악센트만 다른 같은 이름의 파일이 이미 있어요. 하나의 이름을 바꾸세요',
    'too-large-to-upload': '올리지 않았어요. 사진치고 너무 커요',
    'missing-file': '목록에는 있지만 파일이 없어요',
    outside: '목록이 있는 폴더 밖이라 보지 않았어요',
    'duplicate-row': '이미 쓰는 사진이 또 있어요',
    'conflicting-rows': '목록에 라벨이나 분할이 두 가지예요. 하나만 남기세요',
    'duplicate-name': '같은 클래스에 같은 이름의 파일이 있어요',
  },
  warnings: {
    'one-class': (facts) =>
      `클래스가 하나뿐이에요${facts['className'] === undefined ? '' : `: ${quoted(facts)}`}. 구별하려면 둘이 필요해요. 옆에 폴더를 하나 더 만드세요.`,
    'empty-class': (facts) => `${quoted(facts)}에 쓸 수 있는 사진이 없어요. 사진을 넣거나 클래스를 지우세요.`,
    'class-too-small': (facts) =>
      `${quoted(facts)}에 사진이 ${format.integer(Number(facts['numImages'] ?? 1))}장 있어요. 적어도 ${format.integer(Number(facts['minImages'] ?? 2))}장이 필요해요. 더 넣거나 폴더를 지우세요.`,
    'no-images': () =>
      '쓸 수 있는 사진을 찾지 못했어요. 클래스마다 폴더를 만들고 JPEG, PNG, WebP, GIF, TIFF, AVIF 파일을 넣었는지 확인하세요.',
    'class-missing-in-split': (facts) =>
      `${quoted(facts)}의 사진이 ${splitName(facts['split'])}에 없어요. 거기서는 정확도를 잴 수 없어요. 그 폴더에 사진을 넣으세요.`,
    imbalanced: (facts) =>
      `${quoted(facts, 'largest')}의 사진이 ${quoted(facts, 'smallest')}보다 몇 배나 많아요. 정확도만 보면 실제보다 좋아 보일 수 있어요. 클래스 가중치를 맞추거나 사진을 더 넣으세요.`,
    'few-images': (facts) =>
      `${quoted(facts)}에 학습할 사진이 ${format.integer(Number(facts['numImages'] ?? 1))}장뿐이에요${Number(facts['numClasses'] ?? 1) > 1 ? `. 이런 클래스가 ${format.integer(Number(facts['numClasses']) - 1)}개 더 있어요` : ''}. 이렇게 적으면 거의 배우지 못해요. 더 넣거나 클래스를 없애세요.`,
    leak: (facts) =>
      `사진 ${format.integer(Number(facts['numImages'] ?? 2))}장이 학습에도 있고, 복사본이 검증이나 테스트에도 있어요. 외운 것을 재게 되어 정확도가 실제보다 좋아 보여요.`,
    'two-classes': (facts) =>
      `사진 ${format.integer(Number(facts['numImages'] ?? 2))}장이 두 클래스에 있어요. 두 답을 함께 배울 수는 없어요. 하나로 정하거나 빼세요.`,
    duplicates: (facts) =>
      `사진 ${format.integer(Number(facts['numImages'] ?? 1))}장이 다른 사진과 똑같아요. 두 번 세지만 새로 배울 것은 없어요.`,
  },
  showWarnings: (n) => `알아 둘 것 ${format.integer(n)}가지`,
  grid: (n) => `사진 ${format.integer(n)}장. 화살표로 옮기고 Enter로 열고 스페이스로 골라요.`,
  noneInClass: '이 클래스에는 사진이 없어요.',
  noneYet: '아직 사진이 없어요. 웹캠으로 찍거나 위의 클래스에 사진을 놓으세요.',
  add: {
    label: '이 데이터 세트에 더하기',
    pictures: '사진 추가',
    newClass: '새 클래스',
    className: '새 클래스의 이름',
    badName: '클래스 이름에는 빗금을 쓸 수 없어요.',
    addClass: '클래스 추가',
    cancel: '취소',
    which: (n) => `사진 ${format.integer(n)}장은 어느 클래스인가요?`,
    adding: '사진을 더하는 중',
    added: (n, name) => `“${name}”에 사진 ${format.integer(n)}장을 더했어요.`,
    undo: '되돌리기',
    refused: (n) => `더하지 않은 파일 ${format.integer(n)}개`,
    refusedOne: (name, reason) => `${name}: ${reason}`,
    more: (n) => `그 밖에 ${format.integer(n)}개`,
  },
  webcam: {
    open: '웹캠',
    openWaiting: (n) => `웹캠: 사진 ${format.integer(n)}장이 기다려요`,
    title: '웹캠으로 찍은 사진',
    preview: '카메라가 보는 모습',
    starting: '카메라를 켜는 중',
    camera: '카메라',
    cameraNumber: (n) => `카메라 ${format.integer(n)}`,
    target: '클래스',
    mirror: '거울',
    mirrorHint: '미리보기와 저장하는 사진 모두 보이는 그대로예요.',
    hold: '누르고 있으면 연속 촬영',
    holdHint: '스페이스 바를 누르고 있어도 돼요. 1초에 8장쯤 찍어요.',
    recording: '찍는 중',
    one: '한 장 찍기',
    shots: (n) => `이번에 찍은 사진 ${format.integer(n)}장`,
    noShots: '찍은 사진이 여기에 나와요. 더하기를 누르기 전에는 아무것도 더하지 않아요.',
    full: (n) => `${format.integer(n)}장을 찍었어요. 더한 다음 이어서 찍으세요.`,
    remove: (n) => `${format.integer(n)}번 사진 지우기`,
    clear: '모두 지우기',
    add: (n, name) => `${name}에 사진 ${format.integer(n)}장 더하기`,
    close: '닫기',
    tryAgain: '다시 시도',
    problems: {
      'no-camera': '카메라를 찾지 못했어요. 카메라를 연결하고 다시 시도하세요.',
      denied: '여기서는 카메라를 쓸 수 없어요. 브라우저나 시스템 설정에서 허용하고 다시 시도하세요.',
      busy: '카메라를 읽지 못했어요. 다른 프로그램이 쓰고 있다면 닫고 다시 시도하세요.',
      insecure: '브라우저는 이 컴퓨터의 페이지나 https에서만 카메라를 줘요. 그렇게 열고 다시 시도하세요.',
      lost: '카메라가 사라졌어요. 다시 연결하고 시도하세요.',
    },
  },
  inspector: {
    title: '사진',
    file: '파일',
    class: '클래스',
    split: '분할',
    verdict: '판정',
    used: '사용해요',
    previous: '이전',
    next: '다음',
    close: '닫기',
  },
  edits: {
    history: '바꾼 내용',
    relabel: '이 사진의 클래스 (1~9 키)',
    move: '이 사진이 들어갈 부분',
    exclude: '빼기',
    include: '다시 넣기',
    excluded: '뺀 사진',
    takenOut: '직접 뺀 사진이에요. 파일은 그대로 있어요.',
    nothing: '되돌리거나 다시 할 것이 없어요',
    undo: (what) => `되돌리기: ${what}`,
    redo: (what) => `다시 하기: ${what}`,
    what: ({ kind, numImages, target }): string => {
      const pictures = `사진 ${format.integer(numImages)}장`;
      switch (kind) {
        case 'relabel':
          return `${pictures}을 “${target}”(으)로`;
        case 'add-images':
          return `“${target}”에 ${pictures} 더하기`;
        case 'relabel-each':
          return `${pictures}을 다른 클래스로`;
        case 'move':
          return `${pictures}을 ${splitName(target)}(으)로 옮기기`;
        case 'exclude':
          return `${pictures} 빼기`;
        case 'include':
          return `${pictures} 다시 넣기`;
        case 'add-class':
          return `새 클래스 “${target}”`;
        case 'rename-class':
          return `클래스 이름을 “${target}”(으)로`;
        case 'remove-class':
          return `클래스 “${target}” 지우기`;
        case 'split':
          return '다시 나누기';
      }
    },
  },
  write: {
    start: '폴더로 쓰기',
    hint: '쓰는 사진을 고친 그대로 train, validation, test 아래 클래스 폴더에 복사해요.',
    running: '사진을 복사하는 중',
    titleFolder: '폴더로 썼어요',
    titleArchive: '내려받기를 시작했어요',
    what: (numImages, numClasses, size) =>
      `클래스 ${format.integer(numClasses)}개, 사진 ${format.integer(numImages)}장, ${size}.`,
    renamedClass: (name, folder) => `“${name}”은(는) “${folder}”에 있어요. 어떤 시스템에서는 그 이름을 쓸 수 없어요.`,
    renamedFiles: (n) => `파일 ${format.integer(n)}개는 이름이 겹치거나 쓸 수 없는 이름이라 다른 이름이 되었어요.`,
    again: '다시 내려받기',
    reveal: '폴더에서 보기',
    close: '닫기',
  },
  charts: {
    charts: '차트',
    classes: '클래스마다 사진 수',
    classInParts: (name, n, parts) => `${name}: 사진 ${format.integer(n)}장, ${parts}`,
    sizes: '사진 크기(픽셀)',
    sizesLabel: (n) => `크기 ${format.integer(n)}가지를 그린 그림`,
    sizesToCome: '사진을 모두 살펴보면 크기가 나와요.',
    sizesHint: '표시가 클수록 사진이 많아요. 점선 위의 사진은 정사각형이에요. 표시를 누르면 그 사진들이 보여요.',
    sizesUnknown: (n) => `아직 살펴볼 사진이 ${format.integer(n)}장 있어요.`,
    commonSizes: '가장 흔한 크기',
    ofSize: (size, n) => `${size}: ${format.integer(n)}장`,
    range: (from, to) => `${from}~${to}`,
    anySize: '모든 크기의 사진 다시 보기',
    width: '너비',
    height: '높이',
  },
  map: {
    view: '사진을 보는 방법',
    grid: '격자',
    map: '지도',
    lead: '백본이 보기에 닮은 사진이 모여 있어요. 무리, 외톨이, 맞지 않는 라벨이 보여요.',
    cost: (n, seconds) =>
      `사진 ${format.integer(n)}장의 특성을 계산해요${seconds === null ? '' : `. 약 ${seconds} 걸려요`}. 학습 때 이미 계산한 것은 읽기만 해요.`,
    draw: '지도 그리기',
    drawing: '지도를 그리는 중…',
    again: '다시 그리기',
    changed: '지도를 그린 뒤 사진이 바뀌었어요. 다시 그리면 보여요.',
    sample: (shown, all) => `사진 ${all}장 중 제비로 뽑은 ${shown}장이에요.`,
    hint: '끌어서 고르고, Shift를 누르고 끌어서 옮겨요. 지도를 누른 뒤 휠이나 +, −로 키워요.',
    summary: (n, classes, suspects) =>
      `사진 ${format.integer(n)}장의 지도: ${classes}. 라벨이 의심스러운 사진 ${format.integer(suspects)}장. 화살표로 옮기고 Enter로 열고 스페이스로 고르고 더하기와 빼기로 키우고 줄여요.`,
    classCount: (name, n) => `${name} ${format.integer(n)}`,
    suspect: '라벨이 의심스러움',
    zoomIn: '키우기',
    zoomOut: '줄이기',
    fit: '모두 보기',
    legend: '지도의 클래스',
    selection: '고른 사진',
    selected: (n) => `사진 ${format.integer(n)}장을 골랐어요`,
    relabel: '고른 사진의 클래스',
    relabelTo: '클래스 바꾸기…',
    exclude: '빼기',
    clear: '고르지 않기',
    suspects: {
      title: '라벨이 의심스러운 사진',
      none: '라벨이 의심스러운 사진이 없어요. 모든 사진 곁에 같은 클래스의 사진이 있어요.',
      lead: '가장 닮은 사진들이 다른 클래스예요. 보고 정하세요.',
      says: (className, suggested) => `라벨은 “${className}”, 닮은 것은 “${suggested}”`,
      neighbours: (own, all) => `이웃 ${format.integer(all)}장 중 ${format.integer(own)}장`,
      relabel: (suggested) => `“${suggested}”(으)로 바꾸기`,
      right: '맞아요',
      rightOf: (path) => `맞아요: ${path}`,
      relabelOf: (path, suggested) => `${path}을(를) “${suggested}”(으)로 바꾸기`,
      open: (path) => `${path} 열기`,
      all: (n) => `${format.integer(n)}장 모두 바꾸기`,
      more: '더 보기',
    },
    similar: (n) => `같은 것을 담은 사진이 ${format.integer(n)}쌍 있어요`,
    selectSimilar: '쌍마다 한 장 고르기',
  },
  next: '모델 고르기',
  drop: {
    nothing: '놓은 것에 파일이 없어요. 사진 폴더를 놓으세요.',
    noFiles: '폴더가 비어 있어요. 클래스마다 사진 폴더가 있는 폴더를 놓으세요.',
    oneFolder: '클래스 폴더들이 들어 있는 폴더 하나를 놓으세요.',
    several: '놓은 폴더',
    listAlone: '목록과 사진이 든 폴더를 놓으세요.',
    failed: (name, why) => `${name}: ${why}`,
  },
} satisfies typeof en;

type Facts = Readonly<Record<string, string | number>>;
const quoted = (facts: Facts, key = 'className'): string => `“${String(facts[key] ?? facts['className'] ?? '?')}”`;
const splitNames: Readonly<Record<string, string>> = { train: '학습', validation: '검증', test: '테스트' };
const splitName = (name: string | number | undefined): string => splitNames[String(name)] ?? '한 부분';
