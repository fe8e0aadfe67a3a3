import type { ErrorCode, ErrorParams, GraftError, LinkProblem } from '../../contract/errors.ts';
import { formatsFor } from '../format.ts';
import { labelProblems } from './label-problems.ts';

const format = formatsFor('ko');
const quotedList = (items: readonly string[]): string => items.map((item) => `“${item}”`).join(', ');
const phases: Readonly<Record<string, string>> = {
  waiting: '차례를 기다리는 중',
  running: '학습하는 중',
  stopped: '멈춘 상태',
  failed: '실패한 상태',
};
const splits: Readonly<Record<string, string>> = { train: '학습', validation: '검증', test: '테스트' };

const refusals: Readonly<Record<ErrorParams<'archive-refused'>['problem'], (entry: string) => string>> = {
  outside: (entry) =>
    `안에 든 “${entry}”이(가) 풀 폴더 밖으로 나가려고 해요. 이 파일을 믿지 말고 만든 사람에게서 다시 받으세요.`,
  'bad-name': (entry) =>
    `안에 든 “${entry}”의 이름이 프로그램을 속이게 만들어졌어요. 이 파일을 믿지 말고 만든 사람에게서 다시 받으세요.`,
  link: (entry) =>
    `안에 든 “${entry}”이(가) 링크라서 폴더 밖으로 이어질 수 있어요. 사진을 보통 파일로 다시 압축하세요.`,
  device: (entry) => `안에 든 “${entry}”이(가) 파일도 폴더도 아니에요. 사진을 보통 파일로 다시 압축하세요.`,
  'too-many-files': () => '안에 파일이 너무 많아요. 여러 압축 파일로 나누세요.',
  'file-too-large': (entry) => `안에 든 “${entry}”이(가) 사진치고 너무 커요. 그 파일을 빼고 다시 압축하세요.`,
  'too-large': () => '풀면 너무 커요. 여러 압축 파일로 나누거나 직접 풀어서 폴더를 여세요.',
  'no-space': () => '풀면 디스크에 남는 공간이 너무 적어요. 공간을 비우고 다시 해 보세요.',
  ratio: () =>
    '사진이라기에는 풀었을 때 너무 많이 커져요. 디스크를 채우려고 만든 파일 같아요. 믿지 말고 만든 사람에게서 다시 받으세요.',
  overlap: () =>
    '안의 파일들이 같은 데이터를 함께 써요. 디스크를 채우려고 만든 파일 같아요. 믿지 말고 만든 사람에게서 다시 받으세요.',
};
const damages: Readonly<Record<ErrorParams<'archive-damaged'>['problem'], string>> = {
  'not-an-archive': '이름과 달리 ZIP, TAR, TAR.GZ가 아니에요. 사진을 그중 하나로 다시 압축하세요',
  'not-readable': '시스템이 읽지 못하게 해요. 권한을 확인하고 다시 해 보세요',
  'cut-off': '파일의 끝이 없어요. 다시 내려받거나 복사하세요',
  corrupt: '내용이 망가졌어요. 다시 내려받거나 복사하세요',
  sizes: '안의 파일 크기가 적힌 것과 달라요. 다시 내려받거나 복사하세요',
  encrypted: '암호로 잠겨 있어요. 직접 풀어서 폴더를 여세요',
  method: 'Graft가 모르는 방식으로 압축됐어요. 사진을 보통 ZIP으로 다시 압축하세요',
  split: '여러 조각 중 하나예요. 조각을 합치거나 사진을 ZIP 하나로 다시 압축하세요',
};
const linkRefusals: { [P in LinkProblem]: (url: string) => string } = {
  'not-a-link': (url) => `“${url}”은(는) 링크가 아니에요. https://로 시작하는 주소를 주세요.`,
  'not-encrypted': (url) =>
    `${url}은(는) 암호화되지 않은 주소예요. Graft는 https 링크만 따라가요. https://로 시작하는 주소를 주거나 파일을 직접 내려받아 여세요.`,
  'unsafe-address': (url) =>
    `${url}은(는) 공개되고 암호화된 주소가 아닌 곳으로 이어져서 따라가지 않았어요. 파일을 직접 내려받아 여세요.`,
  'web-page': (url) => `${url}은(는) 파일이 아니라 웹 페이지를 줘요. ZIP이나 TAR 파일을 바로 내려받는 링크를 주세요.`,
  'not-found': (url) => `${url}에 파일이 없어요. 링크가 잘리지 않았는지 확인하거나 공유한 사람에게 물어보세요.`,
  'no-permission': (url) =>
    `${url}은(는) 모두에게 열려 있지 않아요. 공유한 사람에게 “링크가 있는 모든 사용자”로 바꿔 달라고 하거나 브라우저로 내려받아 여세요.`,
  'quota-exceeded': (url) =>
    `${url}을(를) 너무 많은 사람이 내려받아서 Google Drive가 지금은 아무에게도 주지 않아요. 내일 다시 해 보거나 내 Drive에 복사하고 그 링크를 주세요.`,
  infected: (url) =>
    `Google Drive가 ${url}에서 바이러스를 찾아서 주지 않아요. 공유한 사람에게 다른 파일을 달라고 하세요.`,
  'drive-folder': (url) =>
    `${url}은(는) Google Drive의 폴더예요. 파일 하나가 필요해요. 사진을 ZIP 파일로 묶어 공유하고 그 링크를 주세요.`,
  'drive-document': (url) =>
    `${url}은(는) 파일이 아니라 Google 문서예요. 사진을 ZIP 파일로 묶어 공유하고 그 링크를 주세요.`,
};
const withoutData: { [N in ErrorParams<'run-without-data'>['needs']]: string } = {
  pictures:
    '저장된 모델에서 만든 실행이라 자기 사진이 없어요. 클래스가 같은 데이터 세트를 열거나 --data로 알려 주세요.',
  training:
    '저장된 모델에서 만든 실행이라 어떤 사진으로 어떻게 학습했는지 알 수 없어요. 이 형식에는 둘 다 있어야 해요. 다른 형식을 고르세요.',
  'whole-training':
    '저장된 모델이나 다른 데이터 세트로 학습한 실행에서 이어 간 실행이라, 이 실행의 사진만 쓰는 스크립트로는 전체 학습을 담을 수 없어요. 다른 형식을 고르세요.',
};
const classNameProblems: { [P in ErrorParams<'class-names-refused'>['problem']]: (found: string) => string } = {
  'not-a-list': () =>
    '클래스 이름의 목록이 아니에요. ["cat", "dog"]처럼, 또는 한 줄에 하나씩 모델 출력의 순서대로 쓰세요.',
  'too-large': () => '클래스 이름의 목록치고 너무 커요. 목록만 주세요.',
  name: (found) => `“${found}”은(는) 클래스 이름이 될 수 없어요. 빗금 없이 200자까지만 쓸 수 있어요. 이름을 바꾸세요.`,
  twice: (found) => `“${found}”이(가) 두 번 있어요. 클래스마다 다른 이름을 주세요.`,
};

/** What a person reads of each error: what happened, what was expected, what to do. */
export const errors: { [C in ErrorCode]: (facts: ErrorParams<C>) => string } = {
  'invalid-input': ({ field, problem }) =>
    `${field === '' ? '입력' : `“${field}”`} 값이 맞지 않아요: ${problem}. 고치고 다시 해 보세요.`,
  'unknown-method': ({ method }) =>
    `이 창이 “${method}”을(를) 요청했는데 이 버전의 Graft에는 없어요. 창을 새로 고치세요.`,
  internal: ({ id }) =>
    `Graft 안에서 생기지 말아야 할 문제가 생겼어요. 다시 해 보고, 또 생기면 로그의 번호 ${id}와 함께 알려 주세요.`,
  'path-not-found': ({ path }) => `${path}에 아무것도 없어요. 경로를 확인하고 다시 해 보세요.`,
  'path-not-allowed': ({ path, roots }) =>
    roots.length === 0
      ? `${path}을(를) 읽을 권한이 없어요. 권한을 확인하고 다시 해 보세요.`
      : `${path}은(는) Graft가 열 수 있는 폴더(${roots.join(', ')}) 밖에 있어요. 그 안으로 옮기거나 --root로 폴더를 알려 주며 시작하세요.`,
  'not-a-folder': ({ path }) =>
    `${path}은(는) 파일이에요. 사진 폴더가 필요해요. 클래스 폴더들이 들어 있는 폴더를 여세요.`,
  'data-kind-not-supported': ({ path }) =>
    `${path}은(는) 데이터 세트로 읽을 수 없어요. 폴더, 폴더를 압축한 ZIP·TAR·TAR.GZ, 또는 그런 파일의 https 링크를 주세요.`,
  'dataset-not-found': () => '이 데이터 세트는 이제 없어요. 폴더를 다시 여세요.',
  'class-not-found': ({ className }) => `“${className}” 클래스가 없어요. 이름이 바뀌었거나 지워졌을 수 있어요.`,
  'nothing-selected': () => '고른 사진이 없어요. 한 장 이상 고르세요.',
  'dataset-not-ready': ({ name }) =>
    `${name}은(는) 아직 준비되지 않았어요. 파일을 모두 살펴볼 때까지 기다렸다가 다시 해 보세요.`,
  'dataset-changed': ({ name, numFiles, files }) =>
    `${name}을(를) 읽은 뒤 파일 ${format.integer(numFiles)}개가 바뀌었어요${files.length === 0 ? '' : `: ${files.join(', ')}${numFiles > files.length ? ` 외 ${format.integer(numFiles - files.length)}개` : ''}`}. 아무것도 시작하지 않았어요. 데이터 화면에서 “다시 읽기”를 누르거나 파일을 되돌린 뒤 다시 해 보세요.`,
  'no-images': ({ path, numSkipped }) =>
    `${path}에 사진이 없어요${numSkipped === 0 ? '' : `. 다른 파일만 ${format.integer(numSkipped)}개 있어요`}. 클래스마다 폴더를 만들고 JPEG, PNG, WebP, GIF, TIFF, AVIF 파일을 넣으세요.`,
  'no-usable-images': ({ path, numSkipped, reasons }) =>
    `${path}의 파일 ${format.integer(numSkipped)}개를 하나도 쓸 수 없어요: ${reasons}. 온전한 사진으로 바꾸고 폴더를 다시 여세요.`,
  'one-class': ({ className }) =>
    `클래스가 “${className}” 하나뿐이에요. 구별하려면 둘이 필요해요. 옆에 폴더를 하나 더 만드세요.`,
  'class-too-small': ({ className, numImages, minImages }) =>
    `“${className}”에 사진이 ${format.integer(numImages)}장 있어요. 적어도 ${format.integer(minImages)}장이 필요해요. ${format.integer(Math.max(1, minImages - numImages))}장 더 넣거나 클래스를 지우세요.`,
  'empty-class': ({ className }) => `“${className}”에 쓸 수 있는 사진이 없어요. 사진을 넣거나 폴더를 지우세요.`,
  'split-without-train': ({ path }) =>
    `${path}에 검증이나 테스트 폴더는 있는데 train 폴더가 없어요. 클래스마다 폴더가 있는 train을 넣으세요.`,
  'class-missing-in-train': ({ className }) =>
    `“${className}”이(가) 검증이나 테스트에는 있는데 train에는 없어서 배울 수 없어요. train에 사진을 넣으세요.`,
  'split-given': ({ name }) => `${name}은(는) 이미 나뉘어 있어서 검증과 테스트의 비율을 쓸 수 없어요. 비율을 빼세요.`,
  'fractions-too-large': ({ validationFraction, testFraction }) =>
    `검증(${format.percent(validationFraction, 0)})과 테스트(${format.percent(testFraction, 0)})를 빼면 학습할 사진이 너무 적어요. 둘을 더해 95 %보다 작아야 해요.`,
  'no-split': ({ split, name }) =>
    `${name}에 ${splits[split] ?? split} 사진이 없어요. 다른 부분을 고르거나 그 부분이 있는 데이터 세트를 여세요.`,
  'classes-differ': ({ expected, found }) =>
    `클래스가 실행과 달라요. 실행은 ${quotedList(expected)}을(를) 아는데 ${found.length === 0 ? '아무것도 없어요' : `${quotedList(found)}이(가) 있어요`}. 같은 클래스 폴더가 있는 데이터 세트를 쓰세요.`,
  'backbone-not-found': ({ backboneId, near }) =>
    `“${backboneId}”이라는 백본은 없어요. ${near.length === 0 ? 'graft backbones로 목록을 보세요.' : `혹시 ${near.join(', ')}인가요?`}`,
  'backbone-not-brought': ({ backboneId }) =>
    `${backboneId}은(는) Graft의 목록에 있는 백본이라 지울 수 없어요. 가져온 모델만 지울 수 있어요.`,
  'backbone-in-use': ({ backboneId, runs }) =>
    `실행 ${runs.join(', ')}에 ${backboneId}이(가) 필요해요. 그 실행을 먼저 지우거나 모델을 그대로 두세요.`,
  'input-size-too-small': ({ backboneId, inputSize, minInputSize }) =>
    `${backboneId}은(는) ${inputSize}픽셀 사진을 볼 수 없어요. 적어도 ${minInputSize}픽셀이 필요해요. 더 큰 입력 크기를 고르세요.`,
  'weights-missing': ({ backboneId, officialFile, officialUrl }) =>
    `${backboneId}의 가중치가 이 컴퓨터에 없어요. ${officialUrl}에서 ${officialFile}을(를) 내려받아 가져오세요.`,
  'weights-not-readable': ({ path, problem }) =>
    `${path}을(를) 가중치로 읽을 수 없어요: ${problem}. 파일을 다시 내려받아 가져오세요.`,
  'weights-mismatch': ({ path, layer, expected, found }) =>
    `${path}은(는) 이 백본과 맞지 않아요. “${layer}” 층은 ${expected}이어야 하는데 ${found}이에요. 이 백본의 파일을 고르세요.`,
  'weights-damaged': ({ backboneId, expected, found }) =>
    `${backboneId}의 가중치가 망가졌어요. 체크섬이 ${expected.slice(0, 12)}로 시작해야 하는데 ${found.slice(0, 12)}로 시작해요. 파일을 다시 가져오세요.`,
  'weights-no-address': ({ backboneId }) => `${backboneId}의 가중치는 공개된 주소가 없어요. 파일을 가져오세요.`,
  'download-failed': ({ url, problem }) =>
    `${url}을(를) 내려받지 못했어요: ${problem}. 연결을 확인하고 다시 시도하세요. 멈춘 곳부터 이어져요.`,
  'download-too-large': ({ url, maxBytes }) =>
    `${url}은(는) Graft가 내려받을 수 있는 ${format.bytes(maxBytes)}보다 커요. 더 작은 파일을 주거나 직접 내려받아 여세요.`,
  'link-refused': ({ url, problem }) => linkRefusals[problem](url),
  'labels-not-readable': ({ file, line, unit, problem, found }) =>
    `${file}${line === 0 ? '' : `, ${format.integer(line)}번째 ${unit === 'line' ? '줄' : '항목'}`}: ${labelProblems[problem](found)}`,
  'checksum-differs': ({ file, expected, found }) =>
    `${file}이(가) 맞지 않아요. 체크섬이 ${expected}이어야 하는데 ${found}이에요. 다시 시도하세요. 두 번째도 같으면 주소가 다른 파일을 주는 거예요.`,
  'layer-not-found': ({ layer, backboneId, near }) =>
    `${backboneId}에는 “${layer}” 층이 없어요.${near.length > 0 ? ` 혹시 ${near.join(', ')}인가요?` : ' 층 목록에서 모두 볼 수 있어요.'}`,
  'model-not-readable': ({ path, problem }) =>
    `${path}을(를) 모델로 읽을 수 없어요: ${problem}. 모델 전체를 .keras나 .h5로 저장하거나 TensorFlow.js로 내보낸 뒤 다시 해 보세요.`,
  'model-layer-refused': ({ layer, type }) =>
    `“${layer}” 층(${type})은 Graft가 파일에서 가져오지 않는 층이에요. 그 층을 빼고 모델을 저장하세요.`,
  'model-not-classifier': ({ path, layer, type }) =>
    `${path}의 마지막 층 “${layer}”(${type})은 클래스의 확률을 내지 않아요. 모델 전체를 열려면 softmax나 sigmoid 유닛 하나로 끝나야 해요. 이 모델은 graft bring으로 백본을 만드세요.`,
  'class-names-refused': ({ file, problem, found }) => `${file}: ${classNameProblems[problem](found)}`,
  'class-names-count': ({ file, numClasses, numNames }) =>
    `모델은 클래스 ${format.integer(numClasses)}개를 가려내는데 ${file}에는 이름이 ${format.integer(numNames)}개 있어요. 모델 출력의 순서대로 클래스마다 이름이 하나씩 있는 목록을 주세요.`,
  'input-size-fixed': ({ backboneId, height, width }) =>
    `${backboneId}은(는) ${format.integer(width)} × ${format.integer(height)} 픽셀 사진만 받아요. 그 크기를 고르세요.`,
  'nothing-to-train': ({ backboneId }) =>
    `${backboneId}에서 고른 층에는 가중치가 없어요. 가중치가 있는 층의 동결을 푸세요.`,
  'run-without-data': ({ needs }) => withoutData[needs],
  'run-already-finished': () => '이 실행은 이미 끝나서 이어 갈 것이 없어요. 미세 조정을 하거나 새로 학습하세요.',
  'layer-not-supported': ({ layer, type, target }) =>
    `“${layer}” 층(${type})은 ${target}(으)로 쓸 수 없어요. 다른 형식을 고르세요.`,
  'recipe-not-readable': ({ path, problem }) =>
    `${path}은(는) 레시피가 아니에요: ${problem}. 실행의 recipe.json을 본보기로 보세요.`,
  'option-not-in-format': ({ format, option }) =>
    `${format} 형식은 “${option}” 옵션을 쓸 수 없어요. 옵션을 끄거나 다른 형식을 골라 주세요.`,
  'not-yet': ({ feature }) => `“${feature}”은(는) 다음 버전의 Graft에서 돼요. 나머지는 그것 없이도 모두 돼요.`,
  'run-not-found': ({ runId }) => `실행 ${runId}이(가) 없어요. 실행 목록에서 하나를 고르세요.`,
  'run-not-finished': ({ phase }) =>
    `끝난 실행이 필요한데 이 실행은 ${phases[phase] ?? phase}이에요. 끝날 때까지 기다리거나 다른 실행을 고르세요.`,
  'run-busy': () =>
    '이 실행이나 이 실행에서 이어 가는 실행이 지금 학습하는 중이에요. 먼저 멈추거나 끝날 때까지 기다리세요.',
  'run-in-use': ({ runs }) =>
    `실행 ${runs.join(', ')}이(가) 이 실행에서 이어 가다가 멈췄어요. 그 실행을 먼저 지우거나 끝까지 학습하세요.`,
  'run-damaged': ({ runId, file }) =>
    `실행 ${runId}의 ${file}이(가) 망가져서 읽을 수 없어요. 실행을 지우고 레시피로 다시 학습하세요.`,
  'image-not-found': () => '이 사진은 이제 없어요. 옮겼거나 지웠어요. 폴더를 다시 여세요.',
  'image-not-readable': ({ name, reason }) =>
    `${name}을(를) 읽을 수 없어요: ${reason}. JPEG이나 PNG로 다시 저장하세요.`,
  'no-pictures': ({ path }) => `${path}에 사진이 없어요. JPEG, PNG, WebP, GIF, TIFF, AVIF 파일을 고르세요.`,
  'out-not-empty': ({ path }) =>
    `${path}이(가) 비어 있지 않아요. Graft는 덮어쓰지 않아요. 새 폴더나 빈 폴더를 고르세요.`,
  'out-in-dataset': ({ path, folder }) =>
    `${path}은(는) 사진을 읽어 오는 ${folder} 안에 있어요. Graft는 그 안을 바꾸지 않아요. 다른 곳에 있는 폴더를 고르세요.`,
  'export-differs': ({ maxAbsoluteDifference, numChangedLabels }) =>
    `내보낸 모델의 답이 앱과 달라요. 답 ${format.integer(numChangedLabels)}개가 바뀌었고 가장 큰 차이는 ${format.small(maxAbsoluteDifference)}이에요. 파일을 남기지 않았어요. 이 문제를 알려 주세요.`,
  'export-too-large': ({ format: name, sizeBytes, maxBytes }) =>
    `${name} 형식으로는 모델이 ${format.bytes(sizeBytes)}인데, 이 형식의 파일 하나는 ${format.bytes(maxBytes)}까지예요. 가중치를 float16으로 저장하거나 다른 형식을 골라 주세요.`,
  'export-not-found': () => '내보낸 파일이 이제 없어요. 다시 내보내세요.',
  'job-stopped': () => '멈췄어요. 남은 것은 없어요.',
  'worker-died': ({ what, signal }) =>
    `${what} 프로세스가 갑자기 끝났어요(${signal}). 메모리가 모자랄 때가 많아요. 다른 프로그램을 닫고, 배치를 줄이고, 다시 시작하세요.`,
  'worker-not-answering': ({ what }) => `${what} 프로세스가 응답하지 않아서 끝냈어요. 다시 시작하세요.`,
  'tensorflow-missing': ({ problem }) =>
    `TensorFlow를 불러오지 못했어요: ${problem}. 네트워크가 있을 때 npm start를 한 번 실행하세요.`,
  'frozen-weights-changed': ({ layer }) =>
    `동결한 층 “${layer}”이(가) 학습 중에 바뀌었어요. 절대 없어야 하는 일이에요. 실행을 버렸으니 이 문제를 알려 주세요.`,
  'training-diverged': ({ epoch, learningRate }) =>
    `에포크 ${format.integer(epoch)}에서 손실이 무한대가 됐어요. 학습률 ${learningRate}이(가) 너무 커요. 10분의 1로 해 보세요.`,
  'disk-full': ({ path }) => `디스크가 가득 차서 ${path}에 쓰지 못했어요. 공간을 비우고 다시 해 보세요.`,
  'cannot-write': ({ path, problem }) => `${path}에 쓸 수 없어요: ${problem}. 권한을 확인하거나 다른 폴더를 고르세요.`,
  'archive-refused': ({ path, entry, problem }) => `${path}을(를) 풀지 않았어요. ${refusals[problem](entry)}`,
  'archive-damaged': ({ path, problem }) => `${path}을(를) 풀 수 없어요. ${damages[problem]}.`,
  'upload-incomplete': ({ name, numReceived, numExpected, isArchive }) =>
    isArchive === true
      ? `${name}의 ${format.bytes(numExpected)} 중 ${format.bytes(numReceived)}만 왔어요. 같은 파일을 다시 고르면 이어서 올려요.`
      : `${name}의 파일 ${format.integer(numExpected)}개 중 ${format.integer(numReceived)}개만 왔어요. 같은 폴더를 다시 고르면 이어서 올려요.`,
  'upload-too-large': ({ name, maxBytes }) =>
    `${name}은(는) 올릴 수 있는 ${format.bytes(maxBytes)}보다 커요. 줄이거나 경로로 여세요.`,
  'host-needs-protection': ({ host }) =>
    `${host}에서 열면 다른 사람이 암호화 없이 들어올 수 있어요. --tls-cert와 --tls-key를 주거나, 내 네트워크라면 --i-know를 주세요.`,
  'port-in-use': ({ port }) => `다른 프로그램이 포트 ${port}을(를) 쓰고 있어요. --port로 다른 포트를 주세요.`,
  'connection-lost': () =>
    'Graft의 백엔드가 응답하지 않아요. 아직 실행 중인지 확인하세요. 이 창은 스스로 다시 연결해요.',
  'not-authorised': () => '이 창에는 이제 권한이 없어요. Graft가 시작할 때 알려 준 주소를 여세요.',
  'too-many-attempts': ({ retryAfterS }) =>
    `잘못된 시도가 너무 많아요. ${format.duration(retryAfterS * 1000)} 기다렸다가 다시 해 보세요.`,
};

/** The sentence of one error. */
export function errorSentence(error: GraftError): string {
  return (errors[error.code] as (facts: unknown) => string)(error.params);
}
