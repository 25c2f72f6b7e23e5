//! Tasks of a suite as an import writes them: each whole, and nothing that a person wrote is lost.

mod compose;
mod folder;
mod known;
mod masked;
mod name;
mod names;
mod proposal;

pub(super) use compose::Compose;
pub use folder::Changed;
pub(super) use folder::TaskFolders;
pub(super) use known::Known;
pub(super) use masked::MaskedFiles;
pub(super) use name::name_for;
pub(super) use proposal::{Signs, propose};
