//! Latest laboratory values with flags, ranges and a small line of where they go.

use hlincos_ssmix::summary::{LabTest, LabValue};
use maud::{Markup, html};

use super::proof;
use crate::view::{Trend, View};
use crate::word::{Word, shown};
use crate::words;

pub(crate) fn laboratory(view: &View) -> Markup {
    let sources = view.laboratory.iter().flat_map(|test| &test.values);
    html! {
        section.wide.may-break.lab id="laboratory" {
            h2 { (words::LABORATORY) }
            @if view.laboratory.is_empty() { p.empty { (words::NOTHING) } } @else {
                table {
                    thead { tr {
                        th scope="col" { (words::TEST) } th scope="col" { (words::VALUE) }
                        th scope="col" { (words::UNIT) } th scope="col" { (words::RANGE) }
                        th scope="col" { (words::TREND) } th scope="col" { (words::TAKEN) }
                        th.old scope="col" { (words::EARLIER) } th.old scope="col" { (words::SOURCE) }
                    } }
                    tbody { @for test in &view.laboratory { (row(test)) } }
                }
            }
            (proof::line(view, sources.map(|value| &value.source)))
        }
    }
}

/// A flag's sign and word: never colour alone.
fn flag(flag: &str) -> Option<(&str, Word)> {
    Some(match flag {
        "" | "N" => return None,
        "H" => ("▲ H", words::HIGH),
        "HH" => ("▲▲ HH", words::HIGH),
        "L" => ("▼ L", words::LOW),
        "LL" => ("▼▼ LL", words::LOW),
        other => (other, words::ABNORMAL),
    })
}

fn row(test: &LabTest) -> Markup {
    let none = LabValue::default();
    let latest = test.values.first().unwrap_or(&none);
    let flag = flag(&latest.flag);
    html! {
        tr {
            td.test { b { (shown(&test.name)) } }
            td.value.out[flag.is_some()] {
                (shown(&latest.value))
                @if let Some((sign, word)) = flag { " " (sign) span.vh { " " (word) } }
            }
            td { (shown(&latest.unit)) }
            td { (shown(&latest.range)) }
            td { @if let Some(trend) = Trend::of(test) { (drawing(&trend, test)) } }
            td { (shown(&latest.time)) }
            td.old {
                @for value in test.values.iter().skip(1) {
                    span.small { (shown(&value.value)) " (" (value.time.get(..10).unwrap_or(&value.time)) ") " }
                }
            }
            td.old { (proof::source(&latest.source)) }
        }
    }
}

/// The line, 96 by 28; its title reads the values out.
fn drawing(trend: &Trend, test: &LabTest) -> Markup {
    const WIDTH: f64 = 88.0;
    const HEIGHT: f64 = 20.0;
    const EDGE: f64 = 4.0;
    let x = |x: f64| EDGE + x * WIDTH;
    let y = |y: f64| EDGE + (1.0 - y) * HEIGHT;
    let points: Vec<String> = trend
        .points
        .iter()
        .map(|point| format!("{:.1},{:.1}", x(point.x), y(point.y)))
        .collect();
    let values: Vec<&str> = test.values.iter().rev().map(|v| v.value.as_str()).collect();
    html! {
        svg.trend viewBox="0 0 96 28" role="img" aria-label=(values.join(" → ")) {
            @if let Some((low, high)) = trend.range {
                rect.range x="0" width="96" y=(format!("{:.1}", y(high)))
                    height=(format!("{:.1}", (high - low) * HEIGHT)) {}
            }
            polyline.line points=(points.join(" ")) {}
            @if let Some(last) = trend.points.last() {
                circle.last cx=(format!("{:.1}", x(last.x))) cy=(format!("{:.1}", y(last.y))) r="3" {}
            }
        }
    }
}
