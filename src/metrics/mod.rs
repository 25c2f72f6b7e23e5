//! Numbers over replays, each with its samples and evidence.
