import { expect, test } from 'vitest';
import { decodeMessage, encodeCall, kinds } from '../../../node-agent/systemd/bus-message.ts';
import { BusReader, BusWriter } from '../../../node-agent/systemd/marshal.ts';

/** What systemd 252 sent when a timer of its was run: a signal with variants of several kinds. */
const signal = Buffer.from(
  [
    '6c0401010701000001000000ce00000001016f00410000002f6f72672f667265656465736b746f702f73797374656d64312f756e69742f',
    '73797374656d645f3264746d7066696c65735f3264636c65616e5f326574696d657200000000000000020173001f0000006f72672e6672',
    '65656465736b746f702e444275732e50726f7065727469657300030173001100000050726f706572746965734368616e67656400000000',
    '00000007017300180000006f72672e667265656465736b746f702e73797374656d64310000000000000000080167000873617b73767d61',
    '730000001e0000006f72672e667265656465736b746f702e73797374656d64312e54696d65720000b4000000160000004e657874456c61',
    '707365555365635265616c74696d65000174000000ffffffffffffffff170000004e657874456c61707365555365634d6f6e6f746f6e69',
    '630001740000ffffffffffffffff0f0000004c617374547269676765725553656300017400004967992431610600180000004c61737454',
    '726967676572555365634d6f6e6f746f6e696300017400bdca097b0600000006000000526573756c740001730000000700000073756363',
    '65737300270000000f00000054696d6572734d6f6e6f746f6e6963000e00000054696d65727343616c656e64617200',
  ].join(''),
  'hex',
);

test('reads what systemd sends', () => {
  const { message, size } = decodeMessage(signal) ?? {};
  expect(size).toBe(signal.length);
  expect(message).toMatchObject({ kind: kinds.signal, member: 'PropertiesChanged' });
  const [owner, changed, gone] = message?.body() ?? [];
  expect(owner).toBe('org.freedesktop.systemd1.Timer');
  expect(changed).toContainEqual(['Result', 'success']);
  expect(changed).toContainEqual(['NextElapseUSecRealtime', 2n ** 64n - 1n]);
  expect(gone).toEqual(['TimersMonotonic', 'TimersCalendar']);
});

test('waits for the rest of a message that has come in part', () => {
  for (const length of [0, 15, 16, 200, signal.length - 1])
    expect(decodeMessage(signal.subarray(0, length))).toBeUndefined();
});

test('refuses what is no message, one without end, and one that says more than it holds', () => {
  expect(() => decodeMessage(Buffer.from('REJECTED EXTERNAL\r\n'))).toThrow('no message');
  const large = Buffer.from(signal);
  large.writeUInt32LE(2 ** 31, 4);
  expect(() => decodeMessage(large)).toThrow(/a message of \d+ bytes/);
  const lying = Buffer.from(signal);
  lying.writeUInt32LE(2 ** 30, signal.indexOf('org.freedesktop.systemd1.Timer') - 4);
  expect(() => decodeMessage(lying)?.message.body()).toThrow(RangeError);
});

test('a call is what the specification makes of it', () => {
  const call = { path: '/a', interface: 'b.c', member: 'D', signature: 'as', args: [['é', '']] } as const;
  const bytes = encodeCall(call, 7);
  expect(bytes.readUInt32LE(8)).toBe(7);
  expect(bytes.length % 8).toBe(bytes.readUInt32LE(4) % 8);
  const { message } = decodeMessage(bytes) ?? {};
  expect(message).toMatchObject({ kind: kinds.call, member: 'D' });
  expect(message?.body()).toEqual([['é', '']]);
});

test.each([
  ['ybuisog', [255, true, 2 ** 32 - 1, -1, 'text', '/object', 'a{sv}']],
  [
    'a(si)u',
    [
      [
        ['one', 1],
        ['two', -2],
      ],
      3,
    ],
  ],
  ['aau', [[[], [1, 2]]]],
  ['as', [['of more bytes than a call mostly has '.repeat(40), 'é'.repeat(600)]]],
] as const)('%s comes out as it went in', (signature, values) => {
  const bytes = new BusWriter().writeAll(signature, values).bytes();
  expect(new BusReader(bytes).readAll(signature)).toEqual(values);
});
