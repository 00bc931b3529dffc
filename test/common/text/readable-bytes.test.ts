import { expect, test } from 'vitest';
import { readableBytes } from '../../../common/text/readable-bytes.ts';

test.each([
  [Buffer.from('plain ünïcode 🚢'), 'plain ünïcode 🚢'],
  [Buffer.from([0x61, 0xff, 0xc3, 0xb6, 0xc3, 0x62]), 'a\\xffö\\xc3b'],
  [Buffer.from([0xed, 0xa0, 0x80, 0xe2, 0x82]), '\\xed\\xa0\\x80\\xe2\\x82'],
  [Buffer.from([]), ''],
])('%o', (bytes, text) => expect(readableBytes(bytes)).toBe(text));
