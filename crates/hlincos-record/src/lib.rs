//! The stored bytes: bundle, share object, handle, limits.
