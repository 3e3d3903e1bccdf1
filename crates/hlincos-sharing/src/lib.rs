//! Threshold sharing of bytes: split, combine, and the protection that names a liar.
