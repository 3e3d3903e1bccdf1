//! The field against whole numbers, and every machine against the plain one.
