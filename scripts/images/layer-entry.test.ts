import { expect, test } from '@jest/globals';
import { completeLayer, LayerError, textFile } from './layer-entry.ts';

test('entries are ordered by path, each after the folders that it lies in', () => {
  const layer = completeLayer([textFile('opt/b/file', ''), textFile('opt/a', ''), textFile('etc/x', '')]);
  expect(layer.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    'directory etc',
    'file etc/x',
    'directory opt',
    'file opt/a',
    'directory opt/b',
    'file opt/b/file',
  ]);
});

test('a folder that is described keeps its description', () => {
  const layer = completeLayer([
    textFile('tmp/x', ''),
    { kind: 'directory', path: 'tmp', writableByAll: true },
  ]);
  expect(layer[0]).toEqual({ kind: 'directory', path: 'tmp', writableByAll: true });
});

test.each(['/etc/passwd', '../outside', 'opt/./x', 'opt//x', ''])(
  "'%s' is refused: it is not plainly a path inside an image",
  (path) => {
    expect(() => completeLayer([textFile(path, '')])).toThrow(LayerError);
  },
);

test('two entries with one path are refused by name', () => {
  expect(() => completeLayer([textFile('etc/x', 'a'), textFile('etc/x', 'b')])).toThrow(
    /'etc\/x' is in the layer twice/,
  );
});
