//! What a plugin and its configuration allow, ask and deny; compiled once, asked per action.

pub mod rules;
