//! The page that people see.

use maud::{DOCTYPE, html};

use crate::fault::Faults;
use crate::link::Figures;
use crate::notice::{NOTICE, SEEDED};

/// The page: rate, stock, deliveries, and that all of it is a simulation.
pub(crate) fn page(figures: &Figures, seeded: bool, faults: &Faults) -> String {
    let rows = [
        ("Running", format!("{} s", figures.running_s)),
        ("Key rate", format!("{} bit/s", figures.bits_per_s)),
        (
            "Stock",
            format!("{} bit = {} keys", figures.stock_bits, figures.stock_keys),
        ),
        (
            "Given to masters",
            format!(
                "{} keys = {} bit",
                figures.delivered_keys, figures.delivered_bits
            ),
        ),
        (
            "Collected by slaves",
            format!("{} keys", figures.collected_keys),
        ),
        (
            "Waiting for slaves",
            format!("{} keys", figures.waiting_keys),
        ),
        ("Dropped", format!("{} keys", figures.dropped_keys)),
        ("Refused", format!("{} requests", figures.refused)),
    ];
    let wrong: Vec<String> = faults.iter().map(|fault| fault.to_string()).collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Simulated key managers" }
            }
            body {
                h1 { "Simulated pair of QKD key managers" }
                p { strong { (NOTICE) } }
                @if seeded { p { strong { (SEEDED) } } }
                @if !wrong.is_empty() {
                    p { strong { "Does wrong on demand: " (wrong.join(", ")) } }
                }
                table {
                    @for (name, value) in rows {
                        tr { th scope="row" align="left" { (name) } td { (value) } }
                    }
                }
            }
        }
    }
    .into_string()
}
