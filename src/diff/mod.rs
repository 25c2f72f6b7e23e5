//! Differences between a replay and its accepted baseline, with their causes.
