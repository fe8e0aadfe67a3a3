/** What `Backend.thumbnail` gives, for a browser that must not guess: JPEG if it begins as one, else WebP. */
export function thumbnailType(bytes: Uint8Array): 'image/jpeg' | 'image/webp' {
  return bytes[0] === 0xff && bytes[1] === 0xd8 ? 'image/jpeg' : 'image/webp';
}
