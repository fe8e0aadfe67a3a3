import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadedBy, nativeCode } from '../testing/loaded-by.ts';
import { backbones, findBackbone, nearMatches } from './registry.ts';

describe('findBackbone', () => {
  it('finds each backbone by its id', () => {
    for (const backbone of backbones) expect(findBackbone(backbone.id)).toBe(backbone);
    expect(new Set(backbones.map((backbone) => backbone.id)).size).toBe(backbones.length);
  });

  it('names near matches for an id it does not know', () => {
    const near = (id: string) => {
      try {
        findBackbone(id);
      } catch (error) {
        return (error as { params: { near: string[] } }).params.near;
      }
      return null;
    };
    expect(near('VGG-16')).toEqual(['vgg16', 'vgg19']);
    expect(near('mobilenetv2')).toEqual(['mobilenet-v2-0.35', 'mobilenet-v2-0.5', 'mobilenet-v2-0.75']);
    expect(near('efficientnet_lite9')![0]).toBe('efficientnet-lite0');
    expect(near('zzz')).toEqual([]);
    expect(() => findBackbone('zzz')).toThrow('backbone-not-found');
  });
});

describe('nearMatches', () => {
  it('puts the nearest first and answers nothing for nothing', () => {
    expect(nearMatches('blok5_conv1', ['block1_conv1', 'block5_conv1', 'fc1'])).toEqual([
      'block5_conv1',
      'block1_conv1',
    ]);
    expect(nearMatches('', ['a'])).toEqual([]);
  });
});

describe('the registry', () => {
  it('can be loaded without TensorFlow', async () => {
    const loaded = await loadedBy(fileURLToPath(new URL('./registry.ts', import.meta.url)));
    expect(loaded.some((file) => file.endsWith('backbones/vgg.ts'))).toBe(true);
    expect(loaded.filter((file) => nativeCode.test(file))).toEqual([]);
  });
});
