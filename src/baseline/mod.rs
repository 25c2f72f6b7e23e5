//! Accepted replays on disk.
