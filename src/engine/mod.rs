//! Judges recorded steps against a boundary.
