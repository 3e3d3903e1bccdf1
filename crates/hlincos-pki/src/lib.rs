//! Certificates of the parties: keys, names, roles, issuing.
