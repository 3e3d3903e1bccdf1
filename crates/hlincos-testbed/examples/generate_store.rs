//! Generates a store and tells how fast: `generate_store OUT SHAPE PATIENTS [MB_PER_PATIENT]`.
//! With `-` for OUT, everything is composed and thrown away.

use std::path::Path;
use std::time::Instant;

use hlincos_testbed::{Profile, Shape, generate, plan};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, shape, patients, rest @ ..] = arguments.as_slice() else {
        return Err("usage: generate_store OUT SHAPE PATIENTS [MB_PER_PATIENT]".into());
    };
    let shape = Shape::ALL
        .into_iter()
        .find(|known| known.name() == shape)
        .ok_or("no such shape")?;
    let mut profile = Profile {
        patients: patients.parse()?,
        ..Profile::of(shape)
    };
    if let [mb] = rest {
        profile.mb_per_patient = mb.parse()?;
    }
    let started = Instant::now();
    let made = if out == "-" {
        plan(&profile, &mut ())?
    } else {
        generate(&profile, Path::new(out), &mut ())?
    };
    let seconds = started.elapsed().as_secs_f64();
    let totals = made.totals;
    println!("{totals:?}");
    println!(
        "{seconds:.2} s, {:.0} MB/s, {:.0} files/s",
        totals.bytes as f64 / 1e6 / seconds,
        totals.files as f64 / seconds
    );
    Ok(())
}
