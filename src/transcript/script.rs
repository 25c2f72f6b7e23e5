//! Code mode: the calls that a script makes, as far as its text tells.

/// What a script's text tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Script {
    /// Literal calls, in order.
    pub calls: Vec<Nested>,
    /// There may be other calls.
    pub opaque: bool,
}

/// A literal call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Nested {
    pub name: String,
    pub input: Input,
}

/// What a nested tool is given.
#[allow(dead_code)]
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input {
    /// A string.
    Text(String),
    /// An object, as JSON text.
    Object(String),
}

/// Reads a script.
pub(super) fn read(_text: &str) -> Script {
    Script { calls: Vec::new(), opaque: true }
}
