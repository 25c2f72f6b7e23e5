use regex::Regex;

/// Which occurrences of an event a group of hooks is for.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// All: no matcher, an empty one or `*`.
    All,
    /// Those of exactly one of these names.
    Names(Vec<String>),
    /// Those in whose name the expression matches anywhere.
    Pattern(Box<Regex>),
}

impl Matcher {
    /// Compiles a matcher. Codex 0.169: one of nothing but ASCII letters, digits, `_` and `|` is a list of names; anything
    /// else is a regular expression without anchors.
    pub fn new(text: Option<&str>) -> Result<Self, regex::Error> {
        match text {
            None | Some("" | "*") => Ok(Self::All),
            Some(names) if names.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '|')) => {
                Ok(Self::Names(names.split('|').map(str::to_owned).collect()))
            }
            Some(pattern) => Regex::new(pattern).map(|regex| Self::Pattern(Box::new(regex))),
        }
    }

    /// Does it match a tool, or another subject of an event, by its name or one of the names that Codex accepts for it?
    pub fn matches(&self, name: &str) -> bool {
        std::iter::once(name).chain(aliases(name).iter().copied()).any(|name| match self {
            Self::All => true,
            Self::Names(names) => names.iter().any(|known| known == name),
            Self::Pattern(regex) => regex.is_match(name),
        })
    }
}

/// Further names under which Codex 0.169 matches a tool.
fn aliases(tool: &str) -> &'static [&'static str] {
    match tool {
        "apply_patch" => &["Edit", "Write"],
        "spawn_agent" => &["Agent"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn table_of_matchers() {
        for (matcher, name, matches) in [
            (None, "Bash", true),
            (Some(""), "Bash", true),
            (Some("*"), "anything", true),
            (Some("Bash"), "Bash", true),
            (Some("Bash"), "BashOutput", false),
            (Some("bash"), "Bash", false),
            (Some("exec_command"), "Bash", false),
            (Some("Read|Bash"), "Bash", true),
            (Some("Read|"), "Bash", false),
            (Some("^Bas"), "Bash", true),
            (Some("as."), "Bash", true),
            (Some("^Bash$"), "BashOutput", false),
            (Some("Edit"), "apply_patch", true),
            (Some("Write|MultiEdit"), "apply_patch", true),
            (Some("MultiEdit"), "apply_patch", false),
            (Some("apply_patch"), "apply_patch", true),
            (Some("^W.*e$"), "apply_patch", true),
            (Some("Agent"), "spawn_agent", true),
            (Some("Task"), "spawn_agent", false),
            (Some("mcp__tracker"), "mcp__tracker__ro", false),
            (Some("mcp__tracker__.*"), "mcp__tracker__ro", true),
            (Some(".*ro.*"), "mcp__tracker__ro", true),
            (Some("Bash, Edit"), "Bash", false),
        ] {
            let compiled = Matcher::new(matcher).unwrap();
            assert_eq!(compiled.matches(name), matches, "{matcher:?} on {name}");
        }
        assert!(Matcher::new(Some("[")).is_err());
    }

    proptest! {
        #[test]
        fn any_matcher_compiles_or_fails_without_panic(matcher in ".{0,30}", name in ".{0,20}") {
            if let Ok(compiled) = Matcher::new(Some(&matcher)) {
                compiled.matches(&name);
            }
        }

        #[test]
        fn plain_names_match_only_themselves(name in "[a-zA-Z0-9_]{1,12}", other in "[a-zA-Z0-9_]{1,12}") {
            let compiled = Matcher::new(Some(&name)).unwrap();
            prop_assert!(compiled.matches(&name));
            if aliases(&other).is_empty() {
                prop_assert_eq!(compiled.matches(&other), name == other);
            }
        }
    }
}
