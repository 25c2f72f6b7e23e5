//! Git snapshots, read without a checkout: a [`Repository`] (a bundle file, a bare or a normal repository) gives a
//! [`Snapshot`] of one commit, whose tree is loaded folder by folder as it is asked for and shared between threads.
//!
//! Sources are only ever read: object files are opened directly, so no configuration of the repository is obeyed, no
//! ownership rule applies and nothing is written next to them, not even a reflog.

mod bundle;
mod entry;
mod error;
mod glob;
mod history;
mod location;
mod masked;
mod objects;
mod original;
mod pack;
mod refs;
mod repository;
mod resolve;
mod tree;
mod view;

pub use entry::{Content, Entry, FileEntry, Found};
pub use error::SnapshotError;
pub use git2::Oid as ObjectId;
pub use glob::{Glob, GlobMatches};
pub use history::History;
pub use masked::{MaskedBlobs, MaskedPlace, masked_places};
pub use original::ORIGINALS;
pub use repository::{Repositories, Repository};
pub(crate) use resolve::{Child, Layer, resolve};
pub(crate) use tree::{Kind, TreeEntry, TreeNode, raw_entries};
pub use view::{Files, Snapshot, Walked};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
