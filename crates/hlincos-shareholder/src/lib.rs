//! One site: keeps one share of everything behind mutual TLS.
