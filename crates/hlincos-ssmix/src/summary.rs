//! One patient's current records for a screen.
