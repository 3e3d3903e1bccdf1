//! The durable share store of one site: append-only segments and a derived index.
