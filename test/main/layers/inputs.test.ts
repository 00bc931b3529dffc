import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differences, type LayerInputs, layerFormat, layerKey } from '../../../main/layers/inputs.ts';
import { type Installation, toldInputs } from '../../../main/layers/installation.ts';
import { readRecord, writeRecord } from '../../../main/layers/record.ts';

const inputs: LayerInputs = {
  format: layerFormat,
  provider: 'nspawn',
  base: 'bookworm-1.1.1',
  packages: ['etcd-server'],
  recommends: false,
  versions: ['etcd-server=3.4.23-4+b4'],
  sources: { own: 'a'.repeat(64) },
  debs: { 'mine.deb': 'b'.repeat(64) },
  steps: [{ name: 'schema', digest: 'c'.repeat(64) }],
};

/** Each input by another value, and the sentence that tells it. */
const others: readonly [Partial<LayerInputs>, string][] = [
  [{ format: 0 }, `version of shakedown's layers: ${layerFormat}, there 0`],
  [{ provider: 'docker' }, 'kind of machine: nspawn, there docker'],
  [{ base: 'bookworm-1.2.2' }, 'base tree: bookworm-1.1.1, there bookworm-1.2.2'],
  [{ packages: [] }, 'packages: etcd-server, there none'],
  [{ recommends: true }, 'recommended packages: false, there true'],
  [{ versions: ['etcd-server=3.5'] }, 'package etcd-server: 3.4.23-4+b4, there 3.5'],
  [{ versions: [] }, 'package etcd-server: here only'],
  [{ sources: {} }, 'apt source own: here only'],
  [
    { debs: { 'mine.deb': 'd'.repeat(64) } },
    'local package mine.deb: digest bbbbbbbbbbbb, there digest dddddddddddd',
  ],
  [{ steps: [] }, 'set-up steps: schema, there none'],
  [{ steps: [{ name: 'schema', digest: '' }] }, "set-up step 'schema': it does something else there"],
];

describe('the key of a layer', () => {
  test('is the same for the same inputs, whatever the order of their fields', () => {
    const turned = Object.fromEntries(Object.entries(inputs).reverse()) as LayerInputs;
    expect(layerKey(turned)).toBe(layerKey(inputs));
    expect(layerKey(inputs)).toMatch(/^layer-[0-9a-f]{16}$/);
    expect(differences(inputs, turned)).toEqual([]);
  });

  test.each(others)('is another one for %o, and why is told', (other, sentence) => {
    expect(layerKey({ ...inputs, ...other })).not.toBe(layerKey(inputs));
    expect(differences(inputs, { ...inputs, ...other })).toEqual([sentence]);
  });
});

describe('what a config says of an installation', () => {
  const installation: Installation = {
    ...{ packages: [], recommends: false, aptSources: [], debs: [], steps: [] },
  };

  test('tells local packages by their contents', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'deb-')), 'mine.deb');
    const told = async (text: string) => {
      writeFileSync(file, text);
      return toldInputs({ ...installation, debs: [file] });
    };
    expect(await told('one')).not.toEqual(await told('two'));
    expect(Object.keys((await told('one')).debs)).toEqual(['mine.deb']);
  });

  test('tells sources with their keys, and steps by all that they are', async () => {
    const source = { name: 'own', uris: 'http://a', suites: 's', key: '-----BEGIN PGP A' };
    const one = await toldInputs({ ...installation, aptSources: [source] });
    const other = await toldInputs({ ...installation, aptSources: [{ ...source, key: '-----BEGIN PGP B' }] });
    expect(one.sources).not.toEqual(other.sources);
    const step = { name: 's', run: 'true', on: 'all', when: 'before' } as const;
    const steps = [await toldInputs({ ...installation, steps: [step] })];
    steps.push(await toldInputs({ ...installation, steps: [{ ...step, run: 'false' }] }));
    expect(steps[0]?.steps).not.toEqual(steps[1]?.steps);
  });
});

describe('what is written with a layer', () => {
  const record = { inputs, madeAt: 1, tookMs: 2, installed: [], heldBack: ['etcd'], renewed: ['/etc/key'] };

  test('is read again', () => expect(readRecord(writeRecord(record))).toEqual(record));

  test.each([
    ['nothing', undefined],
    ['half a text', writeRecord(record).slice(0, 40)],
    ['that of another version', writeRecord(record).replace(`"format":${layerFormat}`, '"format":99')],
    ['something else', '{"inputs":{}}'],
  ])('is none for %s', (_what, text) => expect(readRecord(text)).toBeUndefined());
});
