//! What programs are confined with, whoever confines them: an empty root that is filled from the host, user ids,
//! limits of the kernel, filters of system calls, and what processes use together.

pub(in crate::engine) mod filter;
pub(in crate::engine) mod limits;
pub(in crate::engine) mod root;
pub(in crate::engine) mod usage;
pub(in crate::engine) mod user;
