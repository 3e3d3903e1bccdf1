//! The page's style: calm, large, readable in print and on a phone.

use std::sync::LazyLock;

use crate::palette;

/// Inline CSS; its hash stands in the content security policy.
pub(crate) static CSS: LazyLock<String> = LazyLock::new(|| {
    format!(
        ":root{{color-scheme:light;{}}}{RULES}",
        palette::variables()
    )
});

const RULES: &str = "
*{box-sizing:border-box}
html{font-size:17px;scroll-padding-top:9rem}
body{margin:0;color:var(--ink);background:var(--ground);font-family:'Noto Sans CJK JP','Hiragino Sans','Yu Gothic UI',Meiryo,system-ui,sans-serif;line-height:1.5;-webkit-text-size-adjust:100%}
.vh{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.en{display:none}
#lang-en:checked~* .en{display:inline}
#lang-en:checked~* .ja{display:none}
.skip{position:absolute;left:-99rem;top:0;background:var(--paper);color:var(--blue);padding:.6rem 1rem;z-index:9}
.skip:focus{left:0}
a{color:var(--blue)}
a:focus-visible,summary:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,[tabindex]:focus-visible,#lang-ja:focus-visible~.bar label[for=lang-ja],#lang-en:focus-visible~.bar label[for=lang-en]{outline:3px solid var(--blue);outline-offset:2px;border-radius:4px}
.bar{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .9rem;padding:.35rem 1.2rem;background:var(--paper);border-bottom:1px solid var(--line);font-size:.82rem;color:var(--soft)}
.bar .brand{font-weight:700;letter-spacing:.06em;color:var(--ink)}
.bar .link{flex:1 1 16rem}
.bar form{display:flex;gap:.5rem}
.dot{display:inline-block;width:.7em;height:.7em;border-radius:50%;margin-right:.45em;border:2px solid var(--green);background:var(--green)}
.dot.trying{border-color:var(--amber);background:var(--paper)}
.dot.down{border-color:var(--red);background:var(--red);border-radius:1px}
.langs{display:inline-flex;border:1px solid var(--edge);border-radius:6px;overflow:hidden}
.langs label{padding:.15rem .7rem;cursor:pointer;min-height:1.6rem}
#lang-ja:checked~.bar label[for=lang-ja],#lang-en:checked~.bar label[for=lang-en]{background:var(--blue);color:var(--paper);font-weight:600}
button,.button{font:inherit;font-size:.85rem;color:var(--blue);background:var(--paper);border:1px solid var(--edge);border-radius:6px;padding:.2rem .8rem;min-height:1.9rem;cursor:pointer;text-decoration:none;display:inline-block}
button.main{font-size:1rem;font-weight:600;color:var(--paper);background:var(--blue);border-color:var(--blue);padding:.5rem 1.4rem}
header.id{position:sticky;top:0;z-index:2;background:var(--band);color:var(--paper);padding:.6rem 1.2rem;display:flex;flex-wrap:wrap;gap:.2rem 2rem;align-items:center}
h1{font-size:1.7rem;margin:0;font-weight:700;letter-spacing:.02em;line-height:1.3}
header.id h1 small{display:block;font-size:.85rem;font-weight:400;color:var(--bandsoft)}
dl.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.5rem;margin:0}
dl.facts div{display:flex;flex-direction:column}
dt{font-size:.74rem}
header.id dt{color:var(--bandsoft)}
dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums}
details.more{font-size:.85rem}
header.id summary{cursor:pointer;color:var(--bandsoft)}
header.id :focus-visible{outline-color:var(--paper)}
main{max-width:1320px;margin:0 auto;padding:1rem 1.2rem 2rem;display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.9rem}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:.8rem 1.1rem;min-width:0}
section.wide,nav.wide{grid-column:1/-1}
h2{font-size:1.1rem;margin:0 0 .45rem}
h3{font-size:.95rem;margin:.8rem 0 .3rem;color:var(--soft)}
nav.on-page{font-size:.85rem;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem}
nav.on-page a{padding:.15rem 0}
.alert{border-width:2px;border-left-width:10px}
.alert.red{border-color:var(--red);background:var(--redwash)}
.alert.red h2,.red h2{color:var(--red)}
.alert.green{border-color:var(--green);background:var(--greenwash)}
.alert.green h2{color:var(--green)}
.alert.grey{border-color:var(--edge);border-style:dashed;border-left-style:solid;background:var(--grey)}
.alert ul.plain{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.3rem 1.2rem}
.alert ul.plain>li{border:0;padding:.1rem 0}
.alert b.name{font-size:1.25rem}
.notes{border-color:var(--amber);background:var(--amberwash)}
.notes.red{border:2px solid var(--red);background:var(--paper);color:var(--red);font-weight:600}
.doubt{color:var(--amber);background:var(--amberwash);border-radius:6px;padding:.1rem .5rem;margin:.2rem 0;font-size:.9rem}
.critical ul{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.5rem}
.critical li{border:2px solid var(--red);border-radius:8px;padding:.15rem .8rem;background:var(--paper)}
.critical li b{color:var(--red)}
ul.plain{list-style:none;margin:0;padding:0}
ul.plain>li{padding:.5rem 0;border-top:1px solid var(--line)}
ul.plain>li:first-child{border-top:0;padding-top:.1rem}
b.name{font-size:1.08rem}
.tag{display:inline-block;font-size:.76rem;font-weight:600;border:1px solid currentColor;border-radius:99px;padding:0 .6em;margin-left:.45em;white-space:nowrap}
.tag.red{color:var(--red)}.tag.blue{color:var(--blue)}.tag.soft{color:var(--soft)}.tag.amber{color:var(--amber)}
.soft{color:var(--soft)}
.small{color:var(--soft);font-size:.85rem}
.src{color:var(--soft);font-size:.74rem;overflow-wrap:anywhere}
summary{cursor:pointer}
details.fold{margin-top:.5rem;font-size:.92rem}
details.fold>summary{color:var(--blue)}
.proof{margin:.6rem 0 0;padding-top:.35rem;border-top:1px dotted var(--line);color:var(--soft);font-size:.76rem}
dl.proof-all{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.5rem 1.2rem;margin:0}
dl.proof-all dt{color:var(--soft)}
mark.broken{background:var(--amberwash);color:var(--amber);border:1px solid var(--amber);border-radius:3px;padding:0 .15em;font-size:.9em}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:400;text-align:left;color:var(--soft);font-size:.78rem;padding:.2rem .5rem}
td{padding:.3rem .5rem;border-top:1px solid var(--line);vertical-align:middle}
td.value{font-weight:700;white-space:pre}
td.value.out{color:var(--red)}
tr:target,section:target{outline:3px solid var(--blue)}
svg.trend{display:block;width:96px;height:28px}
svg.trend .range{fill:var(--grey)}
svg.trend .line{fill:none;stroke:var(--soft);stroke-width:1.5}
svg.trend .last{fill:var(--ink)}
.lab td{white-space:nowrap}.lab td.old,.lab th.old{white-space:normal}
.over{color:var(--soft)}
.empty{color:var(--soft);margin:.2rem 0}
.form{grid-column:1/-1;max-width:36rem;margin:1rem auto;width:100%;padding:1.4rem 1.6rem}
.form h1{font-size:1.35rem;margin-bottom:.6rem}
.form label.field{display:block;margin:.8rem 0 .2rem;font-weight:600}
.form input.text,.form select{font:inherit;font-size:1.15rem;width:100%;padding:.5rem .7rem;border:1px solid var(--edge);border-radius:6px;background:var(--paper);color:var(--ink)}
.form .act{margin-top:1.1rem;display:flex;gap:.8rem;flex-wrap:wrap}
.say{border-left:6px solid var(--amber);background:var(--amberwash);padding:.5rem .9rem;margin:.6rem 0}
.say.red{border-color:var(--red);background:var(--redwash)}
.say h2{margin:0}
.list td{vertical-align:top}.list td:first-child{width:34%}
footer{max-width:1320px;margin:0 auto;padding:0 1.2rem 2rem;color:var(--soft);font-size:.8rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere}
@media(max-width:760px){html{scroll-padding-top:1rem}main{grid-template-columns:minmax(0,1fr);padding:.7rem}header.id{position:static;padding:.6rem .9rem}.bar{padding:.35rem .9rem}h1{font-size:1.45rem}dl.facts{gap:.1rem 1.1rem}.lab thead,.lab td.old{display:none}.lab tr{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .7rem;padding:.4rem 0;border-top:1px solid var(--line)}.lab td{border:0;padding:.05rem 0}.lab td.test{flex:1 1 100%}}
@media print{@page{margin:12mm}html{font-size:11px}body{background:none}.bar .link,.bar form,button,.button,nav,.skip,.langs{display:none}header.id{position:static;background:none;color:var(--ink);border-bottom:2px solid var(--ink);padding:.3rem 0}header.id dt,header.id h1 small,header.id summary{color:var(--soft)}section{break-inside:avoid;border-radius:0}section.may-break{break-inside:auto}main{display:block;padding:.3rem 0}section+section{margin-top:.5rem}.alert,.notes,.critical li{print-color-adjust:exact;-webkit-print-color-adjust:exact}a{color:inherit;text-decoration:none}}
@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_takes_every_colour_from_the_palette() {
        for rule in RULES.split('}') {
            assert!(!rule.contains("rgb"), "{rule}");
            // A hash begins an identifier of an element, never a colour.
            for (at, _) in rule.match_indices('#') {
                assert!(rule[at..].starts_with("#lang-"), "{rule}");
            }
        }
        for part in RULES.split("var(--").skip(1) {
            let name = part.split(')').next().unwrap();
            let known = palette::COLOURS.iter().any(|colour| colour.name == name);
            assert!(known, "{name}");
        }
    }

    #[test]
    fn the_style_asks_for_nothing_from_outside() {
        assert!(!RULES.contains("url(") && !RULES.contains("@import"));
    }
}
