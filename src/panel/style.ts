/** How it looks. Calm, so that what is red is seen. */
export const STYLE = `
:host {
  display: block;
  overflow: hidden;
  color-scheme: light dark;
}
.inspector {
  --paper: #f7f7f5;
  --card: #ffffff;
  --line: #e7e5e1;
  --text: #20201e;
  --muted: #75736d;
  --faint: #a5a29a;
  --hover: #f1f0ec;
  --chosen: #e9f0fc;
  --focus: #3a6fd8;
  --in: #2f6fdb;
  --out: #12906f;
  --credit: #7a7870;
  --flight: #12906f;
  --queue: #c07d12;
  --unread: #2f6fdb;
  --good: #12805f;
  --good-back: #e3f4ee;
  --bad: #bb2d22;
  --bad-back: #fdecea;
  --slow: #96600a;
  --slow-back: #fbf1dd;
  --track: #ecebe7;
  container: inspector / inline-size;
  box-sizing: border-box;
  height: 100%;
  display: flex;
  flex-direction: column;
  gap: 12px;
  padding: 14px 18px;
  background: var(--paper);
  color: var(--text);
  font: 13px/1.4 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
  font-variant-numeric: tabular-nums;
}
@media (prefers-color-scheme: dark) {
  .inspector {
    --paper: #131416;
    --card: #1a1c1f;
    --line: #2a2d31;
    --text: #e9e7e3;
    --muted: #98968f;
    --faint: #6b6a66;
    --hover: #212428;
    --chosen: #1f2c42;
    --focus: #7fabf8;
    --in: #7fabf8;
    --out: #4cc5a0;
    --credit: #a3a199;
    --flight: #4cc5a0;
    --queue: #e2ab4d;
    --unread: #7fabf8;
    --good: #5fcfab;
    --good-back: #17322a;
    --bad: #ff8a7d;
    --bad-back: #40201d;
    --slow: #e8b65f;
    --slow-back: #372a14;
    --track: #2a2d31;
  }
}
*, *::before, *::after { box-sizing: border-box }
[hidden] { display: none !important }
h1, h2, h3, p, dl, dd, ol { margin: 0; padding: 0; font-size: inherit; font-weight: inherit }
button, input, select { font: inherit; color: inherit }
:focus-visible { outline: 2px solid var(--focus); outline-offset: -2px }

header { display: flex; align-items: center; gap: 10px; flex: none; flex-wrap: wrap }
h1 { font-size: 16px; font-weight: 650; letter-spacing: -0.01em; white-space: nowrap }
h1 span { color: var(--faint); font-weight: 400 }
.summary { color: var(--muted); display: flex; gap: 8px; margin-right: auto; white-space: nowrap }
.summary .good { color: var(--good) }
.summary .bad { color: var(--bad); font-weight: 600 }
header input, header select, header button {
  height: 30px;
  padding: 0 10px;
  border: 1px solid var(--line);
  border-radius: 7px;
  background: var(--card);
}
header input { width: 270px; min-width: 90px; flex: 0 1 auto }
header input::placeholder { color: var(--faint) }
header button { min-width: 72px; cursor: pointer }
header button:hover, header select:hover { background: var(--hover) }
.paused .pause { background: var(--text); border-color: var(--text); color: var(--paper) }

.status { flex: none; padding: 8px 12px; border-radius: 8px; background: var(--bad-back); color: var(--bad) }

.muxes { flex: none }
.cards { display: flex; gap: 12px; overflow-x: auto; scrollbar-width: thin }
.more { margin-top: 6px; color: var(--muted) }
.card {
  flex: 1 0 340px;
  min-width: 0;
  display: flex;
  flex-direction: column;
  justify-content: flex-start;
  align-items: stretch;
  gap: 6px;
  padding: 12px 14px 10px;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--card);
  text-align: left;
  cursor: pointer;
}
.card[aria-pressed='true'] { border-color: var(--focus); box-shadow: inset 0 0 0 1px var(--focus) }
.card.over { opacity: 0.6 }
.card .title { display: flex; align-items: center; gap: 8px }
.card .name { font-weight: 600; font-size: 14px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.badge { padding: 1px 8px; border-radius: 99px; background: var(--track); color: var(--muted); font-size: 12px; white-space: nowrap }
.badge.good { background: var(--good-back); color: var(--good) }
.badge.stuck { background: var(--bad-back); color: var(--bad); font-weight: 600 }
.facts { display: flex; flex-wrap: wrap; gap: 4px 16px }
.facts > div { display: flex; gap: 6px; white-space: nowrap }
dt { color: var(--muted) }
dd.bad { color: var(--bad); font-weight: 600 }

.chart { min-width: 0 }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; color: var(--muted) }
.legend b { color: var(--text); font-weight: 600; display: inline-block; min-width: 6.2em; margin-left: 6px }
.key::before { content: ''; display: inline-block; width: 9px; height: 9px; margin-right: 6px; border-radius: 3px }
.key.in::before, .key.unread::before { background: var(--in) }
.key.out::before, .key.flight::before { background: var(--out) }
.key.credit::before { background: var(--credit) }
.key.queue::before { background: var(--queue) }
.card .legend b { font-size: 15px }
.plot { min-height: 40px; overflow: hidden }

.middle { flex: 1; min-height: 140px; display: flex; gap: 12px; position: relative }
.table {
  container: table / inline-size;
  flex: 1;
  min-width: 0;
  display: flex;
  flex-direction: column;
  position: relative;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--card);
  overflow: hidden;
}
.head, .row, .sparks { display: grid; grid-template-columns: minmax(130px, 1.6fr) minmax(196px, 1.2fr) minmax(84px, 0.7fr) 80px 80px [spark] 92px 96px 118px 118px; align-items: center; padding: 0 14px; column-gap: 12px }
.head { flex: none; height: 34px; scrollbar-width: thin; border-bottom: 1px solid var(--line); color: var(--muted); scrollbar-gutter: stable; overflow: hidden }
.head > * { all: unset; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: 12px }
.head > button { cursor: pointer }
.head > button:hover { color: var(--text) }
.head > .rate { text-align: right }
.head > [aria-sort='ascending'], .head > [aria-sort='descending'] { color: var(--text); font-weight: 600 }
.head > [aria-sort='ascending']::after { content: ' ↑' }
.head > [aria-sort='descending']::after { content: ' ↓' }
.scroll { flex: 1; min-height: 0; overflow-y: auto; overflow-x: hidden; scrollbar-gutter: stable; scrollbar-width: thin; contain: strict }
.space { position: relative }
.row {
  position: absolute;
  inset: 0 0 auto 0;
  height: 32px;
  cursor: default;
  contain: strict;
}
.sparks { position: absolute; inset: 0 0 auto 0; pointer-events: none }
.sparks canvas { grid-column: spark; justify-self: end; width: 88px }
.row:hover { background: var(--hover) }
.row[aria-selected='true'] { background: var(--chosen) }
.table:focus-visible { outline: none; border-color: var(--focus); box-shadow: 0 0 0 1px var(--focus) }
.table:focus-visible .row[aria-selected='true'] { box-shadow: inset 3px 0 0 var(--focus) }
.row > * { white-space: nowrap }
.row > .channel, .row > .state { overflow: hidden; text-overflow: ellipsis }
/* Whichever way each is written, the number comes after the name. */
.row .name, .row .number { unicode-bidi: isolate }
.row .name { font-weight: 550 }
.row .number { color: var(--faint); margin-left: 7px; font-size: 12px }
.row .wait { display: flex; gap: 8px; align-items: baseline; justify-self: start; max-width: 100%; padding: 2px 9px; border-radius: 99px; margin-left: -9px }
.row .wait .words { overflow: hidden; text-overflow: ellipsis }
.row .wait .time { font-weight: 600; flex: none }
.row .wait[data-kind='stuck'] { background: var(--bad-back); color: var(--bad) }
.row .wait[data-kind='slow'] { background: var(--slow-back); color: var(--slow) }
.head .wait { margin-left: 0 }
.row .state { color: var(--muted) }
.row .rate { text-align: right }
.row .rate.in { color: var(--in) }
.row .rate.out { color: var(--out) }
.head .spark { width: auto; height: auto; justify-self: start; padding-left: 8px }
.row .bar { display: flex; align-items: center; gap: 8px }
.track { flex: 0 0 46px; height: 7px; border-radius: 4px; color: var(--out); background: var(--track) linear-gradient(currentColor, currentColor) no-repeat 0 0 / 0 100% }
.bar.queue .track { color: var(--queue) }
.bar.unread .track { color: var(--in) }
.bar.window.full .track, .bar.unread.full .track { color: var(--bad) }
.bar.empty .track { background-color: color-mix(in srgb, var(--track) 50%, transparent) }
.bar-text { color: var(--muted); font-size: 12px; text-align: right; flex: 0 0 60px }
.bar.window .bar-text { flex-basis: 38px }
.bar.full .bar-text { color: var(--text) }
.none { position: absolute; inset: 60px 0 auto; text-align: center; color: var(--muted) }

.detail {
  flex: 0 0 400px;
  min-width: 0;
  overflow-y: auto;
  scrollbar-width: thin;
  padding: 14px 16px 16px;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--card);
}
.detail { display: flex; flex-direction: column }
.detail > * { flex: none }
.detail.in-first section:nth-of-type(2) { order: 1 }
.detail.in-first section:nth-of-type(1) { order: 2 }
.detail.in-first section:nth-of-type(3) { order: 3 }
.detail .top { display: flex; align-items: start; gap: 8px }
.detail h2 { flex: 1; font-size: 16px; font-weight: 650; overflow-wrap: anywhere }
.detail h3 { margin: 16px 0 5px; font-weight: 600 }
.about { color: var(--muted) }
.why { margin-top: 10px; padding: 9px 12px; border-radius: 8px; background: var(--hover) }
.why.stuck { background: var(--bad-back); color: var(--bad) }
.close { width: 26px; height: 26px; border: 0; border-radius: 6px; background: none; font-size: 18px; line-height: 1; cursor: pointer; color: var(--muted) }
.close:hover { background: var(--hover) }
.detail .facts { display: grid; grid-template-columns: 1fr 1fr; gap: 3px 20px; margin-top: 8px }
.detail .facts > div { justify-content: space-between; border-bottom: 1px solid var(--line); padding: 2px 0 }

.detail .both .facts { grid-template-columns: 1fr }

.foot { flex: none; display: flex; gap: 12px; align-items: start }
.keys { display: flex; gap: 14px; margin-left: auto; color: var(--faint); white-space: nowrap; padding: 9px 2px; font-size: 12px }
.keys kbd { font: inherit; color: var(--muted) }
.errors { flex: 1; min-width: 0; border: 1px solid var(--line); border-radius: 10px; background: var(--card); padding: 8px 14px }
.errors summary { cursor: pointer; white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
.errors summary b { color: var(--bad); font-weight: 600 }
.errors .last { color: var(--muted); margin-left: 10px }
.errors[open] .last { display: none }
.errors ol { list-style: none; max-height: 150px; overflow-y: auto; margin-top: 6px }
.errors li { display: grid; grid-template-columns: 70px minmax(110px, 0.3fr) 1fr auto; gap: 12px; padding: 3px 0; border-top: 1px solid var(--line) }
.errors time, .errors .where, .errors .count { color: var(--muted) }

/* Less room: what is least needed goes first. */
@container table (max-width: 1090px) {
  .head, .row, .sparks { grid-template-columns: minmax(120px, 1.5fr) minmax(196px, 1.2fr) 80px 80px [spark] 92px 46px 46px 46px }
  .state, .row .bar-text { display: none }
  .head > .bar { font-size: 11px; overflow: visible }
}
@container table (max-width: 900px) {
  .head, .row, .sparks { grid-template-columns: minmax(120px, 1.5fr) minmax(196px, 1.2fr) 80px 80px 46px 46px 46px }
  .spark, .sparks { display: none !important }
}
@container table (max-width: 760px) {
  .head, .row, .sparks { grid-template-columns: minmax(90px, 1fr) minmax(194px, 1.2fr) 46px 46px 46px; column-gap: 9px }
  .rate { display: none !important }
}
@container table (max-width: 480px) {
  .head, .row, .sparks { grid-template-columns: minmax(80px, 1fr) minmax(150px, 1.2fr) }
  .bar { display: none !important }
}
@container inspector (max-width: 900px) {
  .with-detail .table { visibility: hidden }
  .detail { position: absolute; inset: 0 }
}
@container inspector (max-width: 700px) {
  .keys { display: none }
  header input { order: 1; flex: 1 0 100% }
  .card { flex-basis: 290px }
  .card .facts > div:nth-child(n + 4) { display: none }
}

/* What uPlot needs of its own style. */
.uplot, .uplot * { box-sizing: border-box }
.uplot { width: min-content; line-height: 1.5; user-select: none }
.u-wrap { position: relative }
.u-over, .u-under { position: absolute; overflow: hidden }
.uplot canvas { display: block; position: relative; width: 100%; height: 100% }
.u-axis { position: absolute }
.u-cursor-x, .u-cursor-y { position: absolute; left: 0; top: 0; pointer-events: none; will-change: transform; height: 100%; border-right: 1px dashed var(--faint) }
.u-cursor-pt { position: absolute; left: 0; top: 0; border-radius: 50%; pointer-events: none; will-change: transform; border: 0 solid; background-clip: padding-box !important }
.u-select { background: none; position: absolute; pointer-events: none }
.u-axis.u-off, .u-select.u-off, .u-cursor-x.u-off, .u-cursor-y.u-off, .u-cursor-pt.u-off { display: none }
`;
