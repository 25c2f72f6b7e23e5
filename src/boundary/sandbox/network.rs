use std::net::{IpAddr, Ipv4Addr};

use globset::{GlobBuilder, GlobMatcher};

use super::{Answer, Extent};
use crate::boundary::rules::{NetworkRule, RuleVerdict};
use crate::decision::Rule;
use crate::finding::Finding;
use crate::plugin::config::Node;

/// Which hosts a command may reach.
#[derive(Clone, Debug)]
pub(super) enum Network {
    /// None, not even itself.
    Off(Rule),
    /// All.
    Open(Rule),
    /// Those that Codex's proxy lets through.
    Proxied(Proxy),
}

impl Network {
    pub(super) fn connect(&self, host: Option<&str>) -> Answer<'_> {
        match self {
            Self::Off(rule) => Answer::new(false, rule),
            Self::Open(rule) => Answer::new(true, rule),
            Self::Proxied(proxy) => host.map_or_else(|| proxy.some_host(), |host| proxy.connect(host)),
        }
    }

    /// The rule that lets a host have requests alone that only read.
    pub(super) fn limited(&self, host: Option<&str>) -> Option<&Rule> {
        match self {
            Self::Proxied(proxy) => proxy.limited(host),
            Self::Off(_) | Self::Open(_) => None,
        }
    }
}

/// The list of hosts that Codex's proxy lets through. It acts only with `[features] network_proxy`
/// (Codex 0.169); a host must be allowed and not denied, and an address of this machine or a private network must
/// be allowed by its exact name.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    domains: Vec<Domain>,
    unlisted: Rule,
    local: Rule,
    /// What lets local and private addresses through without a name (`allow_local_binding`).
    open_local: Option<Rule>,
    /// The mode that lets through requests that only read (`mode = "limited"`).
    limited: Option<Rule>,
}

/// One pattern of host names.
#[derive(Clone, Debug)]
struct Domain {
    text: String,
    /// `None` for a name without wildcards.
    pattern: Option<GlobMatcher>,
    allow: bool,
    rule: Rule,
}

impl Domain {
    fn matches(&self, host: &str) -> bool {
        match &self.pattern {
            None => self.text == host,
            Some(pattern) => self.text.strip_prefix("**.") == Some(host) || pattern.is_match(host),
        }
    }
}

impl Proxy {
    /// A proxy that lets nothing through yet; `rule` is the one that turned the network on.
    pub(super) fn new(rule: &Rule) -> Self {
        let at = |text: &'static str| Rule { place: rule.place.clone(), text: text.into() };
        Self {
            domains: Vec::new(),
            unlisted: at("domain is not on the allowlist of the network proxy"),
            local: at("local and private addresses must be allowed by name"),
            open_local: None,
            limited: None,
        }
    }

    /// Takes over `mode` and `allow_local_binding` of a table, where it states them; `name` says whose they are. Codex
    /// 0.169 prefers those of `[features.network_proxy]` to a profile's.
    pub(super) fn set(&mut self, name: &str, table: &Node, findings: &mut Vec<Finding>) {
        if let Some(local) = table.typed::<bool>(&["allow_local_binding"], findings) {
            let rule = Rule::at(local.place, format!("{name}: allow_local_binding = true"));
            self.open_local = local.value.then_some(rule);
        }
        let Some(mode) = table.typed::<&str>(&["mode"], findings) else { return };
        match mode.value {
            "limited" => self.limited = Some(Rule::at(mode.place, format!("{name}: mode = limited"))),
            "full" => self.limited = None,
            other => findings.push(
                Finding::error("permissions", format!("unknown network mode `{other}`"))
                    .at(mode.place)
                    .help("write limited or full"),
            ),
        }
    }

    /// The rule that lets a host have requests alone that only read.
    fn limited(&self, host: Option<&str>) -> Option<&Rule> {
        // What is open without a name does not pass the proxy.
        let beside = self.open_local.is_some() && host.is_some_and(|host| is_local(&host_name(host)));
        self.limited.as_ref().filter(|_| !beside)
    }

    /// Adds the `network_rule`s of rules files, of any protocol: Codex 0.169 lists their hosts with those of the
    /// configuration. One that prompts does nothing.
    pub(super) fn add_rules(&mut self, rules: &[NetworkRule]) {
        for rule in rules.iter().filter(|rule| rule.verdict != RuleVerdict::Prompt) {
            let allow = rule.verdict == RuleVerdict::Allow;
            let verb = if allow { "allow" } else { "deny" };
            let text = rule.host.to_string();
            let rule = Rule::at(rule.place.clone(), format!("network_rule {text} = {verb}"));
            self.domains.push(Domain { text, pattern: None, allow, rule });
        }
    }

    /// Adds a `domains` table; its patterns replace equal ones that are there.
    pub(super) fn add(&mut self, table: Option<&Node>, findings: &mut Vec<Finding>) {
        let Some(table) = table else { return };
        for (pattern, node) in table.entries(&[], findings) {
            let allow = match node.read::<&str>() {
                Some("allow") => true,
                Some("deny") => false,
                _ => {
                    findings.push(
                        Finding::error("permissions", format!("`{pattern}` is neither allowed nor denied"))
                            .at(node.place.clone())
                            .help("write \"allow\" or \"deny\""),
                    );
                    continue;
                }
            };
            let text = host_name(pattern);
            let verb = if allow { "allow" } else { "deny" };
            let rule = Rule::at(node.place.clone(), format!("domains \"{pattern}\" = {verb}"));
            let matcher = text.contains(['*', '?', '[']).then(|| {
                GlobBuilder::new(&text).backslash_escape(false).build().map(|glob| glob.compile_matcher())
            });
            let wrong = text.is_empty() || text.contains(['/', ' ']) || matches!(matcher, Some(Err(_)));
            if wrong {
                findings.push(
                    Finding::error("permissions", format!("`{pattern}` is no pattern of host names"))
                        .at(node.place.clone())
                        .help("write a host as in `api.example.com` or `*.example.com`, without scheme and path"),
                );
                continue;
            }
            let pattern = matcher.and_then(Result::ok);
            self.domains.retain(|domain| domain.text != text);
            self.domains.push(Domain { text, pattern, allow, rule });
        }
    }

    /// Lays `[features] network_proxy` over it.
    pub(super) fn overlay(&mut self, higher: &Node, findings: &mut Vec<Finding>) {
        if higher.read::<bool>().is_none() {
            self.add(higher.get(&["domains"]), findings);
            self.set("features.network_proxy", higher, findings);
        }
    }

    fn connect(&self, host: &str) -> Answer<'_> {
        let host = host_name(host);
        let mut matching = self.domains.iter().filter(|domain| domain.matches(&host));
        if let Some(denied) = matching.clone().find(|domain| !domain.allow) {
            return Answer::new(false, &denied.rule);
        }
        // A host that cannot be resolved counts as local, and names of this kind never can.
        if host.ends_with(".invalid") && self.open_local.is_none() {
            let rule = if matching.next().is_some() { &self.local } else { &self.unlisted };
            return Answer::new(false, rule);
        }
        if is_local(&host) {
            if let Some(rule) = &self.open_local {
                return Answer::new(true, rule);
            }
            let named = matching.find(|domain| domain.pattern.is_none());
            return named
                .map_or_else(|| Answer::new(false, &self.local), |domain| Answer::new(true, &domain.rule));
        }
        matching
            .next()
            .map_or_else(|| Answer::new(false, &self.unlisted), |domain| Answer::new(true, &domain.rule))
    }

    /// A host that nobody knows.
    fn some_host(&self) -> Answer<'_> {
        let all =
            self.domains.iter().find(|domain| domain.allow && (domain.text == "*" || domain.text == "**"));
        let some = self.domains.iter().any(|domain| domain.allow);
        let denied = self.domains.iter().any(|domain| !domain.allow);
        match all {
            Some(domain) if !denied => Answer::new(true, &domain.rule),
            _ if some => Answer { extent: Extent::Some, rule: &self.unlisted },
            _ => Answer::new(false, &self.unlisted),
        }
    }
}

/// A host as it is compared: lower case, without port, brackets and the final dot.
fn host_name(host: &str) -> String {
    let host = host.trim().to_lowercase();
    let inner = match host.strip_prefix('[') {
        Some(rest) if rest.contains(']') && !rest.contains('*') => rest.split(']').next().unwrap_or(rest),
        _ => match host.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                name
            }
            _ => &host,
        },
    };
    inner.trim_end_matches('.').to_owned()
}

/// Whether a host is this machine or lies in a private network.
fn is_local(host: &str) -> bool {
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => is_private(address),
        Ok(IpAddr::V6(address)) => {
            let first = address.segments()[0];
            address.to_ipv4_mapped().is_some_and(is_private)
                || address.is_loopback()
                || address.is_unspecified()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80
        }
        Err(_) => false,
    }
}

fn is_private(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || first == 0
        || (first == 100 && (64..128).contains(&second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::config::read_toml;
    use crate::source::TextFile;

    fn proxy(domains: &str) -> Proxy {
        let mut findings = Vec::new();
        let table = read_toml(&TextFile::new("config.toml", domains), &mut findings);
        let mut proxy = Proxy::new(&Rule::built_in("on"));
        proxy.add(table.as_ref(), &mut findings);
        assert!(findings.is_empty(), "{findings:?}");
        proxy
    }

    // Asked of Codex 0.169 with `sandbox -P`: which requests its proxy answers with "blocked", and why.
    #[test]
    fn proxy_lets_through_what_codex_lets_through() {
        let star = "\"*.example\" = \"allow\"\n\"evil.example\" = \"deny\"\n";
        let double = "\"**.example\" = \"allow\"\n\"x.*.test\" = \"allow\"\n";
        let exact = "\"a.example\" = \"allow\"\n\"127.0.0.1\" = \"allow\"\n\"localhost\" = \"allow\"\n";
        let middle = "\"api.*.example\" = \"allow\"\n\"a*.test\" = \"allow\"\n\"?.zz\" = \"allow\"\n";
        for (domains, host, expected) in [
            ("", "a.example", false),
            (star, "a.example", true),
            (star, "b.a.example", true),
            (star, "example", false),
            (star, "A.EXAMPLE", true),
            (star, "a.example:8080", true),
            (star, "a.example.", true),
            (star, "evil.example", false),
            (star, "127.0.0.1", false),
            (double, "example", true),
            (double, "a.example", true),
            (double, "b.a.example", true),
            (double, "x.y.test", true),
            (double, "y.test", false),
            ("\"*\" = \"allow\"", "a.example", true),
            ("\"*\" = \"allow\"", "localhost", false),
            ("\"*\" = \"allow\"", "127.0.0.1", false),
            ("\"*\" = \"allow\"", "10.0.0.1", false),
            ("\"*\" = \"allow\"", "192.168.1.1", false),
            ("\"*\" = \"allow\"", "169.254.169.254", false),
            ("\"*\" = \"allow\"", "[::1]:8080", false),
            (exact, "127.0.0.1:18777", true),
            (exact, "localhost", true),
            (exact, "b.a.example", false),
            ("\"*.example\" = \"deny\"\n\"a.example\" = \"allow\"", "a.example", false),
            ("\"a.example:80\" = \"allow\"", "a.example", true),
            ("\"A.Example\" = \"allow\"", "a.example", true),
            (middle, "api.x.example", true),
            (middle, "api.x.y.example", true),
            (middle, "ab.test", true),
            (middle, "q.zz", true),
        ] {
            assert_eq!(proxy(domains).connect(host).allowed(), expected, "{domains} {host}");
        }
    }

    // Asked of Codex 0.169 in `app-server` with these rules files and keys.
    #[test]
    fn rules_and_local_binding_count_as_in_codex() {
        let rule = |host: &str, verdict| NetworkRule {
            host: host.into(),
            protocol: crate::boundary::rules::Protocol::Https,
            verdict,
            justification: None,
            place: crate::source::Place::file("a.rules"),
        };
        let star = "\"*.example\" = \"allow\"\n";
        for (domains, verdict, host, expected) in [
            ("", RuleVerdict::Allow, "a.example", true),
            ("", RuleVerdict::Allow, "x.a.example", false),
            ("", RuleVerdict::Prompt, "a.example", false),
            (star, RuleVerdict::Forbidden, "a.example", false),
            (star, RuleVerdict::Forbidden, "b.example", true),
            (star, RuleVerdict::Prompt, "a.example", true),
        ] {
            let mut proxy = proxy(domains);
            proxy.add_rules(&[rule("a.example", verdict)]);
            assert_eq!(proxy.connect(host).allowed(), expected, "{domains} {verdict} {host}");
        }
        let mut open = proxy("\"*.invalid\" = \"allow\"");
        assert!(!open.connect("a.invalid").allowed() && !open.connect("127.0.0.1").allowed());
        let table = |text: &str| read_toml(&TextFile::new("c.toml", text), &mut Vec::new()).unwrap();
        let mut findings = Vec::new();
        open.set("x", &table("allow_local_binding = true\nmode = \"limited\""), &mut findings);
        assert!(open.connect("127.0.0.1:9").allowed() && open.connect("localhost").allowed());
        assert!(!open.connect("b.example").allowed());
        assert!(open.limited(Some("a.example")).is_some() && open.limited(None).is_some());
        assert!(open.limited(Some("127.0.0.1:9")).is_none());
        open.set("y", &table("mode = \"full\"\nallow_local_binding = false"), &mut findings);
        assert!(open.limited(None).is_none() && !open.connect("localhost").allowed());
        assert!(findings.is_empty());
        open.set("y", &table("mode = \"some\""), &mut findings);
        assert_eq!(findings[0].message, "unknown network mode `some`");
    }

    #[test]
    fn an_unknown_host_may_be_some_host() {
        assert_eq!(proxy("").some_host().extent, Extent::None);
        assert_eq!(proxy("\"*\" = \"allow\"").some_host().extent, Extent::All);
        assert_eq!(proxy("\"*\" = \"allow\"\n\"x\" = \"deny\"").some_host().extent, Extent::Some);
        assert_eq!(proxy("\"x.y\" = \"allow\"").some_host().extent, Extent::Some);
    }
}
