/** The report page's style sheet: light or dark as the reader's system is, down to the width of a phone. */
export const style = `
:root {
  color-scheme: light dark;
  --line: #8884; --soft: #8881; --dim: #59636e;
  --pass: #1a7f37; --fail: #cf222e; --error: #9a6700; --skip: #6e7781;
  --phase: #b6cfee; --check: #9ed7ae; --act: #d3bff0; --on-bar: #10202f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --soft: #ffffff12; --dim: #9aa4af;
    --pass: #3fb950; --fail: #f85149; --error: #d29922; --skip: #8b949e;
    --phase: #2f4c70; --check: #24583a; --act: #54407a; --on-bar: #e6edf3;
  }
}
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
header h1 { display: inline; font-size: 1.6rem; margin-left: .6rem; overflow-wrap: anywhere }
header p, .time, th, .legend, .ticks { color: var(--dim) }
header p span { white-space: nowrap }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem } h3 { font-size: .95rem; margin: 1.2rem 0 .3rem }
.verdict { font-weight: 700; text-transform: uppercase; font-size: .75rem; line-height: 1; padding: .2rem .45rem;
  border-radius: .3rem; border: 1px solid; align-self: start; justify-self: start; margin-top: .2rem }
header .verdict { font-size: 1.1rem; vertical-align: .15rem }
.pass { color: var(--pass) } .fail { color: var(--fail) } .error { color: var(--error) } .skip { color: var(--skip) }
pre { background: var(--soft); padding: .6rem .8rem; margin: .4rem 0; border-radius: .3rem; font-size: .85rem;
  white-space: pre-wrap; overflow-wrap: anywhere }
pre.detail { white-space: pre; overflow-x: auto; overflow-wrap: normal }
.cause > pre { border-left: 4px solid var(--fail) }
details { margin: .3rem 0 } summary { cursor: pointer }
ul { padding: 0; margin: 0; list-style: none }
.spans li { display: grid; grid-template-columns: 4.2rem minmax(0, 1fr) auto; gap: 0 .6rem; padding: .35rem 0;
  border-top: 1px solid var(--line) }
.spans p { margin: 0; overflow-wrap: anywhere } .spans pre { grid-column: 2 / -1; min-width: 0 }
.time { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.journal { font-size: .8rem; background: var(--soft); border-radius: .3rem;
  padding: .4rem .8rem; margin: .4rem 0 }
.journal li { display: grid; grid-template-columns: 5.2rem minmax(0, 1fr); gap: 0 .8rem; padding: .05rem 0 }
.journal code { overflow-wrap: anywhere; white-space: pre-wrap }
.journal .here { color: var(--fail); font-weight: 700; border-block: 1px solid; margin: .2rem 0; padding: .2rem 0 }
.journal .here .time { color: inherit }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
td, th { white-space: nowrap; border-top: 1px solid var(--line); padding: .35rem .9rem .35rem 0; text-align: left; font-weight: 400 }
th { border: 0 } td:last-child { white-space: normal; padding-right: 0 }
.lane { display: grid; grid-template-columns: 8rem minmax(0, 1fr); gap: 0 .6rem; margin: .3rem 0 }
.lane b { font-weight: 500; text-align: right; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.tracks { position: relative; background: var(--soft); border-radius: .2rem; overflow: hidden }
.track { position: relative; height: 1.4rem }
.track + .track { height: .8rem; margin-top: 1px }
.bar { position: absolute; inset-block: 0; container-type: inline-size; background: var(--phase); color: var(--on-bar);
  border-right: 1px solid Canvas; font-size: .72rem; line-height: 1.4rem; overflow: hidden; white-space: nowrap }
.bar span { display: none; padding-left: .3rem }
.track + .track .bar { font-size: .6rem; line-height: .8rem }
@container (min-width: 3.6rem) { .bar span { display: inline } }
.bar.check { background: var(--check) } .bar.machine-act, .bar.fault, .bar.task { background: var(--act) }
.bar.fail { background: var(--fail); color: Canvas } .bar.error { background: var(--error); color: Canvas }
.bar.skip { background: var(--skip) }
.mark { position: absolute; inset-block: 0; width: 2px; margin-left: -1px; background: var(--fail) }
.ticks { position: relative; height: 1.5rem; font-size: .75rem; font-variant-numeric: tabular-nums }
.ticks span { position: absolute; border-left: 1px solid var(--line); padding-left: .25rem; white-space: nowrap }
.legend { font-size: .75rem; margin: .2rem 0 0 8.6rem; display: flex; flex-wrap: wrap; gap: 0 1rem }
.legend i { position: static; display: inline-block; width: .7rem; height: .7rem; margin: 0 .3rem 0 0; border: 0;
  vertical-align: -.05rem } .legend i.mark { width: 2px }
@media (max-width: 40rem) {
  body { margin: 1rem auto }
  .spans pre { grid-column: 1 / -1 } .time { white-space: normal; max-width: 6rem }
  .lane { grid-template-columns: minmax(0, 1fr) } .lane b { text-align: left; font-size: .85rem }
  .legend { margin-left: 0 } .journal li { grid-template-columns: minmax(0, 1fr) } .journal .time { text-align: left }
  thead { display: none } tr { display: block; border-top: 1px solid var(--line); padding: .35rem 0 }
  td:nth-child(5):not(:empty)::before { content: 'clock ' }
  td { display: inline-block; border: 0; padding: 0 .9rem 0 0 } td:empty { display: none }
}
`;
