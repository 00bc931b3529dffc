/** The style sheet of the schedule's picture, beside that of the report page, whose colours it takes. */
export const ganttStyle = `
.figures { display: flex; flex-wrap: wrap; gap: .5rem 2.2rem; margin: 0 0 1rem; padding: 0 }
.figures div { display: flex; flex-direction: column-reverse }
.figures dt { color: var(--dim); font-size: .8rem } .figures dd { margin: 0; font-size: 1.25rem; font-weight: 600 }
.gantt { --label: 5.5rem } .gantt .lanes { position: relative }
.gantt .lane { grid-template-columns: var(--label) minmax(0, 1fr); margin: 1px 0; font-size: .75rem; line-height: 1.1rem }
.gantt .lane b { color: var(--dim); font-weight: 400 }
.gantt .host { margin: 0 0 .4rem } .gantt .node b { font-weight: 600; color: inherit }
.gantt .row { position: relative; height: 1.1rem; background: var(--soft); overflow: hidden }
.gantt .node .row { background: none }
.gantt.dense .host > .lane:not(.node) { margin: 0 } .gantt.dense .host > .lane:not(.node) b { visibility: hidden; line-height: 0 }
.gantt.dense .host > .lane:not(.node) .row { height: 6px; border-bottom: 1px solid Canvas }
.gantt.dense .host span { display: none } .gantt.dense .node span { display: inline }
.gantt .row i { position: absolute; inset-block: 0; min-width: 1px; font-style: normal; font-size: .68rem; overflow: hidden;
  white-space: nowrap; text-overflow: ellipsis; color: var(--on-bar) }
.gantt .row i.edge { border-left: 1px solid Canvas } .gantt .row i span { padding-left: .25rem }
.gantt i.pass { background: var(--check) } .gantt i.fail { background: var(--fail); color: Canvas }
.gantt .row i.fail, .gantt .row i.error { min-width: 3px; z-index: 1 }
.gantt i.error { background: var(--error); color: Canvas } .gantt i.skip { background: var(--skip) }
.gantt i.hook { background: var(--act) } .gantt i.hook.fail { background: var(--fail); color: Canvas }
.gantt i.process { background: var(--phase); border-left: 1px solid Canvas }
.gantt i.lost { background: repeating-linear-gradient(-45deg, var(--skip) 0 2px, transparent 2px 5px) }
.gantt .marks { position: absolute; inset: 0; margin: 0; pointer-events: none }
.gantt .marks div { position: relative; height: 100% }
.gantt .marks i { position: absolute; inset-block: 0; width: 0; border-left: 2px solid CanvasText }
.gantt .marks i.bound, .gantt .legend i.bound { border-left: 2px dotted CanvasText }
.gantt .legend { margin-left: calc(var(--label) + .6rem) } .gantt .legend i.best, .gantt .legend i.bound { width: 0 }
.gantt .legend i.best { border-left: 2px solid CanvasText }
.slow { display: grid; grid-template-columns: minmax(0, max-content) auto minmax(3rem, 1fr); gap: .1rem .8rem; font-size: .85rem;
  align-items: center; margin: .4rem 0 }
.slow span:nth-child(3n + 1) { overflow-wrap: anywhere } .slow i { display: block; height: .7rem; background: var(--check) }
.slow i.fail { background: var(--fail) } .slow i.error { background: var(--error) }
@media (max-width: 40rem) {
  .gantt { --label: 2.6rem } .gantt .lane { grid-template-columns: var(--label) minmax(0, 1fr); gap: 0 .3rem }
  .gantt .lane b { text-align: right; font-size: .65rem } .gantt .node b { overflow: visible; text-align: left }
  .gantt .legend { margin-left: 0 } .slow { grid-template-columns: minmax(0, 1fr) auto } .slow i { display: none }
}
`;
