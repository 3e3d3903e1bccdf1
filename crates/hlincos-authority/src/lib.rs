//! The certificate authority's folder: make it, issue from it.
