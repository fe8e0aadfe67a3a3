import { noisePixels, rawImage } from './images.ts';

/** Where there is this, somebody's own words came out as they went in. */
export const payload = 'GRAFT_PAYLOAD_7f31';
const script = `<script>document.title='${payload}'</script>`;

/** Files that a browser would run, were they served as they are: pages, drawings, and pictures that are scripts or pages too. */
export async function activeContent(): Promise<{ name: string; bytes: Buffer; isPicture: boolean }[]> {
  const picture = (): ReturnType<typeof rawImage> => rawImage(noisePixels(24, 32, 7), 24, 32);
  const [jpeg, png, gif] = await Promise.all([
    picture()
      .withExif({ IFD0: { ImageDescription: script } })
      .jpeg()
      .toBuffer(),
    picture().png().toBuffer(),
    picture().gif().toBuffer(),
  ]);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" onload="document.title='${payload}'">${script}</svg>`;
  const comment = Buffer.from(script);
  const commented = Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from([0xff, 0xfe, 0, comment.length + 2]),
    comment,
    jpeg.subarray(2),
  ]);
  const file = (name: string, bytes: Buffer | string, isPicture = false) => ({
    name,
    bytes: Buffer.from(bytes as string),
    isPicture,
  });
  return [
    file('drawing.svg', svg),
    file('drawing.jpg', svg),
    file('drawing.svg.png', `<?xml version="1.0"?>\n<!DOCTYPE svg>\n${svg}`),
    file('page.html', `<!doctype html><html><body>${script}</body></html>`),
    file('page.jpg', `<!doctype html><html><body>${script}</body></html>`),
    file('page.xhtml', `<html xmlns="http://www.w3.org/1999/xhtml">${script}</html>`),
    file('code.js', `document.title='${payload}'`),
    file('gif and script.gif', `GIF89a/*${'\0'.repeat(8)}*/=1;document.title='${payload}'`),
    file('bmp and page.bmp', `BM${script}`),
    file('pdf and page.pdf', `%PDF-1.7\n${script}`),
    file('jpeg with a page in EXIF.html', jpeg, true),
    file('jpeg with a page in a comment.jpg', commented, true),
    file('png with a page behind.svg', Buffer.concat([png, Buffer.from(script)]), true),
    file('gif with a page behind.html', Buffer.concat([gif, Buffer.from(script)]), true),
  ];
}
