//! The clinician's local program: one patient's page on loopback.
