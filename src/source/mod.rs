//! Where inputs come from: text files with places in them, git snapshots, content hashes; and the one way
//! to write an output file.

mod atomic;
mod checkout;
#[cfg(unix)]
mod folder;
#[cfg(not(unix))]
#[path = "no_folder.rs"]
mod folder;
mod hash;
mod ignored;
pub mod overlay;
mod place;
mod scratch;
pub mod snapshot;
mod text;
#[cfg(unix)]
mod workcopy;
#[cfg(not(unix))]
#[path = "no_workcopy.rs"]
mod workcopy;

pub use atomic::{AtomicFile, OutputFolder, WriteError};
pub use checkout::{Checkout, Checkouts};
pub use folder::Folder;
#[cfg(unix)]
pub use folder::Stamp;
pub use hash::ContentHash;
pub use ignored::Ignored;
pub use overlay::{ChangedFile, EditError, Overlay};
pub use place::{LineIndex, Place};
pub use scratch::Scratch;
pub use snapshot::{Content, Entry, Files, ObjectId, Repositories, Repository, Snapshot, SnapshotError};
pub use text::{ReadError, TextFile};
pub use workcopy::{Owner, Store, WorkCopy};
