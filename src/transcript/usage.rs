//! Token counts of a thread.

use super::json::Object;

/// Tokens spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Input tokens, cached ones included.
    pub input: u64,
    /// Cached input tokens.
    pub cached: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// Reasoning tokens.
    pub reasoning: u64,
}

impl Usage {
    /// Reads the counts that Codex gives for a whole thread; all zero when there are none.
    pub(super) fn read(raw: &str) -> Self {
        let Some(counts) = Object::parse(raw) else { return Self::default() };
        let count = |name| counts.get(name).and_then(|raw| raw.parse().ok()).unwrap_or(0);
        Self {
            input: count("input_tokens"),
            cached: count("cached_input_tokens"),
            output: count("output_tokens"),
            reasoning: count("reasoning_output_tokens"),
        }
    }
}
