// How the report's pages look: light and dark by what the reader's system says, printed light, at any width from that of
// a phone. Blue and amber are told apart by those who see no red or no green; marks and strokes differ as well.

const light = `--page:#f3f5f9;--sheet:#fff;--ink:#161b26;--muted:#5b6579;--line:#e3e8f0;--strong:#c3ccdb;--soft:#eef3fd;--bar:#2f5fd0;--pale:#c9d7f5;--rest:#eef1f6;--second:#a3540a;--other:#6b7280;--bad:#9a3412;--bad-soft:#fff3e6;--good:#1d5f3a;--link:#2149b0`;
const dark = `--page:#0f131b;--sheet:#181d28;--ink:#e6eaf2;--muted:#a2adc0;--line:#2c3444;--strong:#465169;--soft:#1f2940;--bar:#7ea6ff;--pale:#314a80;--rest:#262e3d;--second:#f0a456;--other:#98a2b5;--bad:#ffb27a;--bad-soft:#33241a;--good:#86d3a5;--link:#9dbcff`;

export const pageStyle = `:root{${light};color-scheme:light}
@media screen and (prefers-color-scheme:dark){:root{${dark};color-scheme:dark}}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.6 system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 16px 48px}
header,section{background:var(--sheet);border-radius:14px;padding:24px 28px;margin:0 0 16px}
h1{font-size:26px;line-height:1.3;margin:0 0 4px;overflow-wrap:anywhere}h2{font-size:20px;margin:0 0 8px;overflow-wrap:anywhere}h3{font-size:15px;margin:22px 0 4px;overflow-wrap:anywhere}h3 small{font-weight:400}
p{margin:8px 0}.meta,.note,small,figcaption{color:var(--muted);font-size:14px}a{color:var(--link)}
.note,.name,td{overflow-wrap:anywhere}
.result{font-weight:600;background:var(--soft);border-radius:10px;padding:12px 16px;overflow-wrap:anywhere}
.links a{margin-inline-end:16px;display:inline-block}
.none{background:var(--rest);border-radius:8px;padding:8px 12px;color:var(--ink)}
.wide{overflow-x:auto;margin:16px 0 4px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;text-align:start;border-bottom:1px solid var(--line);vertical-align:top;word-break:keep-all}
td:first-child{min-width:7em}
th{font-weight:600;color:var(--muted);line-height:1.3;vertical-align:bottom}th:first-child,td:first-child{padding-inline-start:0}
.n{text-align:end;white-space:nowrap}th.n{white-space:normal}.total td{font-weight:600;border-bottom:0;border-top:2px solid var(--strong)}
svg{display:block;overflow:visible;margin:16px 0 8px;font-family:inherit}
svg text{fill:var(--ink)}svg .muted{fill:var(--muted);font-size:12px}
.bar{fill:var(--bar)}.rest{fill:var(--rest)}.pale{fill:var(--pale)}
line.grid{stroke:var(--line)}line.zero{stroke:var(--muted);stroke-dasharray:3 3}
line.plain{stroke:var(--bar);stroke-width:3}circle.plain{fill:var(--bar)}
line.adjusted{stroke:var(--second);stroke-width:2;stroke-dasharray:6 3}path.adjusted{fill:var(--sheet);stroke:var(--second);stroke-width:2}
line.other{stroke:var(--other);stroke-width:2;stroke-dasharray:5 4}circle.other{fill:var(--sheet);stroke:var(--other);stroke-width:2}
line.bound{stroke:var(--second);stroke-width:1.5;stroke-dasharray:2 3}path.bound{stroke:var(--second);stroke-width:2.5;fill:none}
.forest{margin:4px 0 8px}.row{display:grid;grid-template-columns:minmax(0,11em) minmax(0,1fr) minmax(0,20em);column-gap:16px;align-items:center;border-bottom:1px solid var(--line);break-inside:avoid}
.row svg{margin:0}.row .name{line-height:1.4;padding:6px 0}.row .shown{line-height:1.5;padding:6px 0;text-align:end;font-variant-numeric:tabular-nums}.row.axis{border:0}
figure{margin:8px 0;break-inside:avoid}.chart{display:grid;grid-template-columns:72px minmax(0,1fr)}.chart svg{margin:0}figcaption{text-align:center}
.legend{font-size:14px;display:flex;flex-wrap:wrap;gap:4px 20px}.legend span{display:inline-flex;min-width:0;overflow-wrap:anywhere;align-items:center;gap:6px}.legend svg{margin:0;flex:none}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:8px 24px}.panels h3{margin-top:8px}
details{margin:8px 0}summary{cursor:pointer;color:var(--link);font-size:14px;overflow-wrap:anywhere}
.checks ul{list-style:none;margin:8px 0;padding:0}.checks li{display:grid;grid-template-columns:6.5em minmax(0,1fr);padding:6px 0;border-bottom:1px solid var(--line)}
.ok b{color:var(--good)}.finding{background:var(--bad-soft)}.finding b{color:var(--bad)}.checks li.finding{padding:6px 8px;border-radius:8px}
@media (max-width:600px){main{padding:12px 8px 32px}header,section{padding:18px 16px}.row{grid-template-columns:minmax(0,1fr)}.row .shown{text-align:start;padding-top:0}.row.axis .name,.row.axis .shown{display:none}.chart{grid-template-columns:56px minmax(0,1fr)}.chart .scale{width:56px;transform:translateX(-16px)}}
@media print{body{background:#fff;font-size:12px}main{max-width:none;padding:0}header,section{padding:8px 0;border-radius:0}header{break-inside:avoid-page}table{font-size:10px}.n{white-space:normal}th,td{padding:3px 6px}.wide{overflow:visible}details::details-content{content-visibility:visible;block-size:auto}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}`;
