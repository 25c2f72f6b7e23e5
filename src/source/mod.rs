//! Where inputs come from: text files with places in them, git snapshots, content hashes; and the one way
//! to write an output file.

mod hash;
mod place;
mod text;

pub use hash::ContentHash;
pub use place::{LineIndex, Place};
pub use text::{ReadError, TextFile};
