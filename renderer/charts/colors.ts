/** The colours and the type of a chart, taken from the CSS tokens so that charts follow the theme. */
export interface ChartColors {
  gap: string;
  flatten: string;
  text: string;
  dim: string;
  line: string;
  surface: string;
  fontFamily: string;
}

/** Reads the tokens that hold at an element. */
export function readColors(element: Element): ChartColors {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    gap: token('--gap'),
    flatten: token('--flatten'),
    text: token('--text'),
    dim: token('--dim'),
    line: token('--line'),
    surface: token('--surface'),
    fontFamily: style.fontFamily,
  };
}

/** Calls back whenever the theme may have changed; returns the function that ends it. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true });
  const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query));
  for (const query of queries) query.addEventListener('change', changed);
  return () => {
    observer.disconnect();
    for (const query of queries) query.removeEventListener('change', changed);
  };
}
