/** Gives text to the user as a file: the browser asks or saves as it does with downloads. */
export function saveText(name: string, text: string, type: string): void {
  // A byte order mark, or spreadsheets take UTF-8 for something else.
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replaceAll(/[/\\:*?"<>|]/g, '_');
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
