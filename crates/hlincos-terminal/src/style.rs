//! The page's style: calm, large, readable in print and on a phone.

/// Inline CSS; its hash stands in the content security policy.
pub(crate) const CSS: &str = "
:root{color-scheme:light;--ink:#14212b;--soft:#4b5c68;--line:#d5dde2;--paper:#fff;--wash:#f3f6f8;--red:#a3121f;--redwash:#fdecee;--green:#0b5d33;--greenwash:#e6f4ec;--grey:#e9edf0;--amber:#7a4b00;--amberwash:#fff4dd;--blue:#0b4a7a}
*{box-sizing:border-box}
html{font-size:17px}
body{margin:0;color:var(--ink);background:var(--wash);font-family:'Noto Sans CJK JP','Hiragino Sans','Yu Gothic UI',Meiryo,system-ui,sans-serif;line-height:1.5}
header.id{position:sticky;top:0;z-index:1;background:var(--paper);border-bottom:1px solid var(--line);padding:.7rem 1.2rem;display:flex;flex-wrap:wrap;gap:.2rem 1.6rem;align-items:baseline}
h1{font-size:1.7rem;margin:0;font-weight:700;letter-spacing:.02em}
h1 small{display:block;font-size:.85rem;font-weight:400;color:var(--soft)}
dl.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.3rem;margin:0}
dl.facts div{display:flex;flex-direction:column}
dt{font-size:.72rem;color:var(--soft)}
dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums}
main{max-width:1280px;margin:0 auto;padding:1rem 1.2rem 2rem;display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1rem}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:.9rem 1.1rem;min-width:0}
section.wide{grid-column:1/-1}
h2{font-size:1.05rem;margin:0 0 .5rem;display:flex;gap:.6em;align-items:baseline}
h2 span{font-size:.8rem;font-weight:400;color:var(--soft)}
.alert{border-width:2px}
.alert.red{border-color:var(--red);background:var(--redwash)}
.alert.red h2{color:var(--red)}
.alert.green{border-color:var(--green);background:var(--greenwash)}
.alert.green h2{color:var(--green)}
.alert.grey{border-color:#8a98a2;background:var(--grey)}
.notes{border-color:#c98a1b;background:var(--amberwash)}
.notes h2{color:var(--amber)}
.doubt{color:var(--amber)}
ul.plain{list-style:none;margin:0;padding:0}
ul.plain>li{padding:.5rem 0;border-top:1px solid var(--line)}
ul.plain>li:first-child{border-top:0;padding-top:.1rem}
.alert ul.plain{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.3rem 1.2rem}
.alert ul.plain>li{border:0;padding:.1rem 0}
b.name{font-size:1.08rem}
.tag{display:inline-block;font-size:.75rem;border:1px solid currentColor;border-radius:99px;padding:0 .55em;margin-left:.4em;white-space:nowrap}
.tag.red{color:var(--red)}.tag.blue{color:var(--blue)}.tag.soft{color:var(--soft)}
.en{color:var(--soft);font-size:.85rem}
.src{display:block;color:var(--soft);font-size:.72rem;overflow-wrap:anywhere}
.src summary,details.src>summary{cursor:pointer}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:400;text-align:left;color:var(--soft);font-size:.75rem;padding:.2rem .4rem}
td{padding:.35rem .4rem;border-top:1px solid var(--line);vertical-align:top}
td.value{font-weight:700;white-space:pre}
td.value.out{color:var(--red)}
.over{color:var(--soft)}
.empty{color:var(--soft);margin:.2rem 0}
footer{max-width:1280px;margin:0 auto;padding:0 1.2rem 2rem;color:var(--soft);font-size:.8rem}
footer p{margin:.3rem 0}
a:focus-visible,summary:focus-visible{outline:3px solid var(--blue);outline-offset:2px}
@media(max-width:760px){main{grid-template-columns:minmax(0,1fr);padding:.7rem}header.id{position:static}h1{font-size:1.45rem}thead,td.old{display:none}tr{display:block;padding:.4rem 0;border-top:1px solid var(--line)}td{display:inline-block;border:0;padding:.05rem .4rem .05rem 0}}
@media print{html{font-size:12px}body{background:#fff}header.id{position:static}section{break-inside:avoid;border-radius:0}main{display:block;padding:0}section+section{margin-top:.5rem}}
";
