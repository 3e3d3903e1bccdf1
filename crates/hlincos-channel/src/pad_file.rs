//! The file in which a courier carries pad.
