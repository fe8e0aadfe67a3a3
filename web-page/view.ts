import type { WebPageWords } from '../strings/en/web-page.ts';
import type { Answer } from './classifier.ts';

/** More classes at a time are no help. */
const MAX_CLASSES = 10;

/** An element of `index.html`. */
export function element<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`There is no #${id}`);
  return found as E;
}

/** Puts the words of a language into the page. */
export function showWords(words: WebPageWords, language: string): void {
  document.documentElement.lang = language;
  document.title = words.title;
  const places = { title: words.title, lead: words.lead, hint: words.dropHere, footer: words.footer };
  for (const [id, text] of Object.entries({ ...places, choose: words.choose, webcam: words.webcam }))
    element(id).textContent = text;
  element('answers-title').textContent = words.answers;
  element('answers').ariaLabel = words.answers;
  element('picture').ariaLabel = words.picture;
  element('preview').ariaLabel = words.picture;
}

/** What happens, in a sentence under the answers. */
export function showStatus(text: string, isFailure = false): void {
  const status = element('status');
  status.textContent = text;
  status.classList.toggle('failed', isFailure);
}

/** Draws classes as bars, most probable first. Labels are text, whatever they are. */
export function showAnswers(answers: readonly Answer[], words: WebPageWords, language: string): void {
  const percent = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  element('classes').replaceChildren(
    ...answers.slice(0, MAX_CLASSES).map(({ label, probability }) => {
      const item = document.createElement('li');
      const [name, share, bar, length] = (['span', 'data', 'div', 'i'] as const).map((tag) =>
        document.createElement(tag),
      ) as [HTMLSpanElement, HTMLDataElement, HTMLDivElement, HTMLElement];
      name.textContent = label;
      share.value = probability.toFixed(6);
      share.textContent = `${percent.format(probability * 100)} %`;
      bar.className = 'bar';
      length.style.width = `${probability * 100}%`;
      bar.append(length);
      item.append(name, share, bar);
      return item;
    }),
  );
  const more = element('more');
  more.hidden = answers.length <= MAX_CLASSES;
  more.textContent = words.more(String(answers.length - MAX_CLASSES));
}
