// Durations of a scenario's runs over time, each as what it came to.

const place = document.querySelector('#plot');
const points = JSON.parse(place?.dataset.points ?? '[]');
const verdicts = ['pass', 'fail', 'error'];
const times = points.map(([at]) => at);
function took(value) {
  if (value == null) return '';
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  return value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

let plot;
function draw() {
  plot?.destroy();
  const axis = {
    stroke: colour('--dim'),
    grid: { stroke: colour('--line') },
    ticks: { stroke: colour('--line') },
  };
  const dots = verdicts.map((verdict) => ({
    label: verdict,
    paths: () => null,
    points: { show: true, size: 9, fill: colour(`--${verdict}`), stroke: colour(`--${verdict}`) },
    stroke: colour(`--${verdict}`),
    value: (_plot, value) => took(value),
  }));
  const line = {
    label: 'took',
    stroke: colour('--line'),
    width: 1.5,
    points: { show: false },
    value: () => '',
  };
  const data = [
    times,
    points.map(([, seconds]) => seconds),
    ...verdicts.map((verdict) => points.map(([, seconds, each]) => (each === verdict ? seconds : null))),
  ];
  plot = new window.uPlot(
    {
      width: place.clientWidth - 2,
      height: 260,
      series: [{ label: 'began' }, line, ...dots],
      axes: [axis, { ...axis, size: 70, values: (_plot, ticks) => ticks.map(took) }],
      scales: { y: { range: (_plot, _least, most) => [0, most * 1.15 || 1] } },
      legend: { live: false },
    },
    data,
    place,
  );
}

if (place) {
  draw();
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth - 2, height: 260 })).observe(place);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
}
