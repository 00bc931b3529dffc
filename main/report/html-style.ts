/** The report page's style sheet. */
export const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --pass: #1a7f37; --fail: #cf222e; --error: #9a6700; --skip: #6e7781 }
@media (prefers-color-scheme: dark) { :root { --pass: #3fb950; --fail: #f85149; --error: #d29922; --skip: #8b949e } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
header h1 { display: inline; font-size: 1.6rem; margin-left: .6rem } header p { opacity: .75 }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
.verdict { font-weight: 700; text-transform: uppercase; font-size: .8rem; padding: .15rem .5rem; border-radius: .3rem; border: 1px solid }
header .verdict { font-size: 1.1rem; vertical-align: .1rem }
.pass { color: var(--pass) } .fail { color: var(--fail) } .error { color: var(--error) } .skip { color: var(--skip) }
.cause pre { border-left: 4px solid var(--fail) }
pre { background: var(--soft); padding: .6rem .8rem; overflow-x: auto; white-space: pre-wrap; border-radius: .3rem; margin: .4rem 0; font-size: .85rem }
table { border-collapse: collapse; width: 100% } td { border-top: 1px solid var(--line); padding: .35rem .6rem; vertical-align: top }
.time { text-align: right; white-space: nowrap; opacity: .75 }
.row { display: flex; align-items: center; gap: .6rem; margin: .2rem 0 } .row b { width: 6rem; text-align: right; font-weight: 500 }
.track { position: relative; flex: 1; height: 1.5rem; background: var(--soft); border-radius: .2rem; overflow: hidden }
.bar { position: absolute; top: 0; bottom: 0; border-right: 1px solid Canvas; font-size: .72rem; line-height: 1.5rem; padding-left: .25rem; overflow: hidden; white-space: nowrap; box-sizing: border-box }
.bar.pass { background: var(--pass); color: Canvas } .bar.fail { background: var(--fail); color: Canvas } .bar.error { background: var(--error); color: Canvas }
`;
