//! HTTP over mutually authenticated TLS: one listener, one client.
