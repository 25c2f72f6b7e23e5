//! Rules for commands: Codex's `.rules` files, run as Starlark, and the `[rules]` of `requirements.toml`.
//!
//! A script is split into plain commands where that is safe, and every command is matched against all rules by
//! its leading words; the strictest match of all commands decides. See [`ExecPolicy::decide`].

pub mod apart;
mod builtins;
mod collect;
mod decide;
mod evaluate;
mod example;
mod host;
mod pattern;
mod policy;
mod requirements;
mod rule;
mod scan;
mod verdict;

#[cfg(test)]
mod tests;

pub use decide::{Invocation, RuleDecision};
pub use host::HostExecutables;
pub use pattern::Pattern;
pub use policy::ExecPolicy;
pub use rule::{NetworkRule, PrefixRule, Protocol};
pub use verdict::RuleVerdict;
