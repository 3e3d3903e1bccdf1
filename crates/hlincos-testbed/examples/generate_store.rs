//! Generates a store and tells how fast: `generate_store OUT PATIENTS MB_PER_PATIENT`.

use std::path::Path;
use std::time::Instant;

use hlincos_testbed::{Profile, generate, plan};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, patients, mb_per_patient] = arguments.as_slice() else {
        return Err("usage: generate_store OUT PATIENTS MB_PER_PATIENT".into());
    };
    let profile = Profile {
        patients: patients.parse()?,
        mb_per_patient: mb_per_patient.parse()?,
        ..Profile::default()
    };
    let started = Instant::now();
    let planned = plan(&profile)?;
    let planning = started.elapsed();
    let started = Instant::now();
    let made = generate(&profile, Path::new(out), &mut |_| {})?;
    let writing = started.elapsed();
    assert_eq!(planned, made);
    println!("{made:?}");
    println!("composed in {planning:?}, written in {writing:?}");
    Ok(())
}
