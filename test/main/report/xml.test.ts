import { expect, test } from 'vitest';
import { create } from 'xmlbuilder2';
import { element, startTag, xmlText } from '../../../main/report/xml.ts';

test('what is written is read as it was, white space in values too', () => {
  const said = 'a <b> & "c" \'d\' ]]>\n\te\r\nf 😀';
  const document = element('a', { said, left: undefined, count: 2 }, xmlText(said));
  expect(create(document).root().node.textContent).toBe(said);
  expect(document).toContain('said="a &lt;b&gt; &amp; &quot;c&quot; \'d\' ]]&gt;&#xA;&#x9;e&#xD;&#xA;f 😀"');
});

test('what XML has no way to write is told as missing', () => {
  expect(xmlText('a\0b\u001bc\ud800d\uffff')).toBe('a\ufffdb\ufffdc\ufffdd\ufffd');
  expect(startTag('a', { b: '\u0001' })).toBe('<a b="\ufffd">');
});

test('an element with nothing in it is one tag', () => {
  expect(element('a', {})).toBe('<a/>');
  expect(element('a', { b: '' }, 'c')).toBe('<a b="">c</a>');
});
