// What every page does besides htmx: times as they are read here, questions before what cannot be undone, and
// word of a server that is away. All of it is an extra: pages work without.

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

function ago(at) {
  const seconds = (at - Date.now()) / 1000;
  if (Math.abs(seconds) > 14 * 86_400) return absolute.format(at);
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return seconds > -10 && seconds < 10 ? 'just now' : relative.format(Math.trunc(seconds), 'second');
}

function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

function tellTimes() {
  for (const element of document.querySelectorAll('time[data-ago]')) {
    const at = new Date(element.dateTime);
    setText(element, ago(at));
    element.title = absolute.format(at);
  }
  for (const element of document.querySelectorAll('[data-since]')) {
    setText(element, span(Date.now() - Date.parse(element.dataset.since)));
  }
}

tellTimes();
setInterval(tellTimes, 1000);
document.addEventListener('htmx:after:swap', tellTimes);
document.addEventListener('htmx:sse:after:message', tellTimes);

document.addEventListener('submit', (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A server that is away for a moment is nothing to tell.
let telling;
const connection = document.querySelector('#connection');
const away = () => {
  telling ??= setTimeout(() => {
    connection.hidden = false;
  }, 2000);
};
document.addEventListener('htmx:sse:error', ({ detail }) => {
  if (detail.status !== 401) return away();
  // The session is over.
  window.location.assign(
    `/login?next=${encodeURIComponent(window.location.pathname + window.location.search)}`,
  );
});
document.addEventListener('htmx:sse:after:connection', () => {
  clearTimeout(telling);
  telling = undefined;
  connection.hidden = true;
});
// The extension tries again where a stream ends, not where none has begun.
connection?.addEventListener('htmx:error', () => {
  away();
  setTimeout(() => window.htmx.trigger(connection, 'connect'), 1000);
});
connection?.addEventListener('htmx:response:error', () => {
  away();
  setTimeout(() => window.htmx.trigger(connection, 'connect'), 5000);
});
