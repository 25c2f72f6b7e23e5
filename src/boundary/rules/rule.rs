use std::sync::Arc;

use super::{Pattern, RuleVerdict};
use crate::decision::Rule;
use crate::source::Place;

/// A `prefix_rule` of a rules file or of `requirements.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixRule {
    /// Which commands it matches.
    pub pattern: Pattern,
    /// What it says about them.
    pub verdict: RuleVerdict,
    /// The reason given to model and user, if any.
    pub justification: Option<Arc<str>>,
    /// Where the call that made it is written.
    pub place: Place,
}

impl PrefixRule {
    /// The rule as reports show it.
    pub fn rule(&self) -> Rule {
        Rule::at(self.place.clone(), format!("prefix_rule {} = {}", self.pattern, self.verdict))
    }
}

/// A `network_rule` of a rules file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkRule {
    /// Host name or address, in lower case, without port.
    pub host: Box<str>,
    /// Protocol that it is about.
    pub protocol: Protocol,
    /// What it says.
    pub verdict: RuleVerdict,
    /// The reason given, if any.
    pub justification: Option<Arc<str>>,
    /// Where it is written.
    pub place: Place,
}

/// Protocols of a `network_rule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS, or a CONNECT tunnel.
    Https,
    /// TCP through SOCKS5.
    Socks5Tcp,
    /// UDP through SOCKS5.
    Socks5Udp,
}

impl Protocol {
    /// The protocol of this name, as Codex 0.169 reads it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "http" => Some(Self::Http),
            "https" | "https_connect" | "http-connect" => Some(Self::Https),
            "socks5_tcp" => Some(Self::Socks5Tcp),
            "socks5_udp" => Some(Self::Socks5Udp),
            _ => None,
        }
    }
}
