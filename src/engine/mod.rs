//! Judges recorded steps against a boundary.

pub mod cell;
pub mod hook;
mod in_order;
mod workspace;

pub use in_order::in_order;
pub use workspace::Workspace;
