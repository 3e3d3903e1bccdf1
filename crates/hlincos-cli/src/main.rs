//! The one binary: `hlincos`.

fn main() {}
