// A job's log: follows its end, keeps its place when earlier lines come in before, and does not grow without end.

const mostLines = 20_000;

const scroll = document.querySelector('#log-scroll');
const tail = document.querySelector('#log-tail');
const away = document.querySelector('#log-away');
const awayBar = document.querySelector('#log-away-bar');
const follow = document.querySelector('#log-follow');

const toEnd = () => {
  scroll.scrollTop = scroll.scrollHeight;
};
const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;

/** What was read long ago is left out, and can be asked for again. */
function trim() {
  const lines = tail.getElementsByClassName('ln');
  if (lines.length <= mostLines) return;
  const rest = Array.from(lines).slice(0, lines.length - mostLines);
  for (const line of rest) line.remove();
  const from = lines[0]?.dataset.at;
  tail.querySelector('.earlier')?.remove();
  const base = document
    .querySelector('.log-search')
    .getAttribute('hx-get')
    .replace(/\/search$/, '');
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', className: 'earlier', textContent: 'Earlier lines' });
  button.setAttribute('hx-get', `${base}?before=${from}`);
  button.setAttribute('hx-target', 'this');
  button.setAttribute('hx-swap', 'outerHTML');
  tail.prepend(button);
  window.htmx.process(button);
}

new MutationObserver(() => {
  if (!follow.checked || !away.hidden) return;
  trim();
  toEnd();
}).observe(document.querySelector('#log-scroll'), { childList: true, subtree: true, characterData: true });

scroll.addEventListener('scroll', () => {
  if (!away.hidden) return;
  follow.checked = isAtEnd();
});
follow.addEventListener('change', () => {
  if (!follow.checked) return;
  showTail();
  toEnd();
});

function showTail() {
  away.hidden = true;
  awayBar.hidden = true;
  tail.hidden = false;
  away.replaceChildren();
}

document.querySelector('#log-back').addEventListener('click', () => {
  showTail();
  follow.checked = true;
  toEnd();
  scroll.focus();
});

// Earlier lines come in above what is being read.
let before = 0;
document.addEventListener('htmx:before:swap', () => {
  before = scroll.scrollHeight;
});
document.addEventListener('htmx:after:swap', (event) => {
  const target = event.detail?.ctx?.target ?? event.target;
  if (target?.classList?.contains('earlier')) scroll.scrollTop += scroll.scrollHeight - before;
  if (target?.id !== 'log-away') return;
  follow.checked = false;
  away.hidden = false;
  awayBar.hidden = false;
  tail.hidden = true;
  const hit = away.querySelector('.hit');
  hit?.scrollIntoView({ block: 'center' });
  scroll.focus({ preventScroll: true });
});

toEnd();
