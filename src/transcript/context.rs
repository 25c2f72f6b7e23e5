//! Settings of sessions and turns, in the shapes of all eras.

use std::borrow::Cow;

use super::json::{Object, string, word};
use super::{Context, Session};

/// Reads a `session_meta` payload, or the first line of a bare rollout, which has the same names.
pub(super) fn session<'t>(meta: &Object<'t>) -> Session<'t> {
    let whole = meta.object("source");
    let source = whole.as_ref().and_then(|source| source.object("subagent"));
    let spawn = source.as_ref().and_then(|sub| sub.object("thread_spawn"));
    let from_spawn = |name: &str| spawn.as_ref().and_then(|spawn| spawn.text(name));
    let other = source.as_ref().and_then(|sub| sub.text("other"));
    let guardian = other.as_deref() == Some("guardian") || meta.word("thread_source").starts_with("guardian");
    let named = whole.as_ref().and_then(|source| source.text("subagent"));
    let own = named.clone().filter(|name| OWN_SESSIONS.contains(&name.as_ref()));
    let internal = whole.as_ref().and_then(|source| source.text("internal")).or(other).or(own);
    let thread_source = meta.text_or_empty("thread_source");
    let by_source = Some(thread_source.clone()).filter(|name| OWN_SESSIONS.contains(&name.as_ref()));
    let internal = if guardian { Some(Cow::Borrowed("guardian")) } else { internal.or(by_source) };
    let parent = meta.text("parent_thread_id").or_else(|| from_spawn("parent_thread_id"));
    let git = meta.object("git").unwrap_or_default();
    Session {
        id: meta.text_or_empty("id"),
        sub_agent: internal.is_none()
            && (parent.is_some() || source.is_some() || named.is_some() || thread_source == "subagent"),
        parent,
        forked_from: meta.text("forked_from_id"),
        agent_role: meta.text("agent_role").or_else(|| from_spawn("agent_role")),
        cwd: meta.text_or_empty("cwd"),
        roots: roots(meta, "runtime_workspace_roots"),
        cli_version: meta.text_or_empty("cli_version"),
        commit: git.text("commit_hash"),
        branch: git.text("branch"),
        origin: git.text("repository_url"),
        started: meta.text_or_empty("timestamp"),
        root: meta.text("session_id"),
        review: named.as_deref() == Some("review"),
        guardian,
        internal,
    }
}

/// Sessions that the CLI starts for itself.
const OWN_SESSIONS: &[&str] = &["compact", "guardian", "guardian_review", "memory_consolidation"];

/// Reads a `turn_context` payload.
pub(super) fn context<'t>(turn: &Object<'t>) -> Context<'t> {
    let policy = turn.object("sandbox_policy");
    let profile = turn.object("permission_profile");
    let active = turn.object("active_permission_profile");
    let mut context = Context {
        turn: turn.text_or_empty("turn_id"),
        cwd: turn.text_or_empty("cwd"),
        model: turn.text_or_empty("model"),
        approval_policy: approval_policy(turn),
        profile: active.as_ref().map(|active| active.text_or_empty("id")).unwrap_or_default(),
        disabled_plugins: turn
            .get("disabled_plugin_ids")
            .map(|list| super::json::elements(list).filter_map(string).collect())
            .unwrap_or_default(),
        roots: roots(turn, "workspace_roots"),
        ..Context::default()
    };
    if let Some(policy) = &policy {
        context.sandbox_mode = mode(policy.text("type").or_else(|| policy.text("mode")).unwrap_or_default());
        context.network = is_open(policy.get("network_access"));
    } else if let Some(policy) = turn.text("sandbox_policy") {
        context.sandbox_mode = mode(policy);
    } else {
        let id = active.as_ref().map_or("", |active| active.word("id"));
        let kind = profile.as_ref().map_or("", |profile| profile.word("type"));
        context.sandbox_mode = profile_mode(id, kind).into();
        context.network = profile.as_ref().is_some_and(|profile| is_open(profile.get("network")));
    }
    context.network |= context.sandbox_mode == "danger-full-access";
    context
}

/// Most workspace roots of a session that are read.
const MAX_ROOTS: usize = 64;

fn roots<'t>(payload: &Object<'t>, key: &str) -> Option<Vec<Cow<'t, str>>> {
    let list = payload.get(key).filter(|raw| raw.starts_with('['))?;
    Some(super::json::elements(list).filter_map(string).take(MAX_ROOTS).collect())
}

fn approval_policy<'t>(turn: &Object<'t>) -> Cow<'t, str> {
    match turn.get("approval_policy") {
        Some(raw) if raw.starts_with('{') => Cow::Borrowed("granular"),
        Some(raw) => string(raw).unwrap_or_default(),
        None => Cow::Borrowed(""),
    }
}

/// The mode in kebab case, whichever way it was written.
fn mode(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.as_ref() {
        "read_only" | "readOnly" => "read-only".into(),
        "workspace_write" | "workspaceWrite" => "workspace-write".into(),
        "danger_full_access" | "dangerFullAccess" => "danger-full-access".into(),
        _ => text,
    }
}

/// The mode that a permission profile amounts to; empty for profiles of one's own.
fn profile_mode(id: &str, kind: &str) -> &'static str {
    match (id, kind) {
        (":read-only", _) => "read-only",
        (":workspace", _) => "workspace-write",
        (":danger-full-access", _) | (_, "disabled") => "danger-full-access",
        _ => "",
    }
}

/// Network settings are `true`, `"enabled"` or `{"enabled":true}`, by era.
fn is_open(raw: Option<&str>) -> bool {
    match raw {
        Some("true") => true,
        Some(raw) if raw.starts_with('{') => {
            Object::parse(raw).is_some_and(|network| network.get("enabled") == Some("true"))
        }
        Some(raw) => word(raw) == Some("enabled"),
        None => false,
    }
}

/// What an `<environment_context>` message tells: the settings of eras that record them nowhere else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Environment {
    pub cwd: String,
    pub approval_policy: String,
    pub sandbox_mode: String,
    pub network: bool,
    pub shell: String,
}

impl Environment {
    /// Reads `<tag>value</tag>` pairs, or the `Name: value` lines of the first versions.
    pub(super) fn parse(text: &str) -> Self {
        let tag = |name: &str, line: &str| {
            let tagged = between(text, &format!("<{name}>"), "</");
            tagged.or_else(|| between(text, line, "\n")).unwrap_or_default().trim().to_owned()
        };
        let network = tag("network_access", "Network access: ");
        Self {
            cwd: tag("cwd", "Current working directory: "),
            approval_policy: tag("approval_policy", "Approval policy: "),
            sandbox_mode: tag("sandbox_mode", "Sandbox mode: "),
            network: network == "enabled",
            shell: tag("shell", "Shell: "),
        }
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end).map_or(rest, |(value, _)| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(json: &'static str) -> Context<'static> {
        context(&Object::parse(json).unwrap())
    }

    #[test]
    fn sandbox_settings_of_all_eras() {
        for (json, mode, network) in [
            (
                r#"{"sandbox_policy":{"mode":"workspace-write","network_access":false}}"#,
                "workspace-write",
                false,
            ),
            (
                r#"{"sandbox_policy":{"type":"workspace-write","network_access":true}}"#,
                "workspace-write",
                true,
            ),
            (r#"{"sandbox_policy":{"type":"read-only"}}"#, "read-only", false),
            (r#"{"sandbox_policy":{"type":"danger-full-access"}}"#, "danger-full-access", true),
            (
                r#"{"sandbox_policy":{"type":"external-sandbox","network_access":"enabled"}}"#,
                "external-sandbox",
                true,
            ),
            (r#"{"sandbox_policy":"read-only"}"#, "read-only", false),
            (r#"{"permission_profile":{"type":"disabled"}}"#, "danger-full-access", true),
            (
                r#"{"permission_profile":{"type":"managed","network":"restricted"},"active_permission_profile":{"id":":workspace"}}"#,
                "workspace-write",
                false,
            ),
            (
                r#"{"permission_profile":{"type":"managed","network":{"enabled":true}},"active_permission_profile":{"id":"own"}}"#,
                "",
                true,
            ),
            ("{}", "", false),
        ] {
            let context = turn(json);
            assert_eq!((context.sandbox_mode.as_ref(), context.network), (mode, network), "{json}");
        }
    }

    #[test]
    fn workspace_roots_follow_the_working_folder() {
        let meta = |json: &'static str| session(&Object::parse(json).unwrap());
        let two = r#"{"cwd":"/w","runtime_workspace_roots":["/w","/o"]}"#;
        for (json, context, expected) in [
            (r#"{"cwd":"/w"}"#, r#"{"cwd":"/w"}"#, None),
            (two, r#"{"cwd":"/w"}"#, Some(vec!["/w", "/o"])),
            (two, r#"{"cwd":"/w/sub"}"#, Some(vec!["/w/sub", "/o"])),
            (two, r#"{"cwd":"/o"}"#, Some(vec!["/o"])),
            (two, r#"{"cwd":"/w","workspace_roots":["/x"]}"#, Some(vec!["/x"])),
            (r#"{"cwd":"/w","runtime_workspace_roots":[]}"#, r#"{"cwd":"/w"}"#, Some(vec![])),
            (r#"{"cwd":"/w","runtime_workspace_roots":null}"#, r#"{"cwd":"/w"}"#, None),
        ] {
            assert_eq!(meta(json).roots_in(Some(&turn(context))), expected, "{json} {context}");
        }
    }

    #[test]
    fn approval_policies_and_plugins() {
        let context = turn(
            r#"{"turn_id":"t","cwd":"/w","model":"m","approval_policy":"never","disabled_plugin_ids":["p@m"]}"#,
        );
        assert_eq!((context.turn.as_ref(), context.cwd.as_ref(), context.model.as_ref()), ("t", "/w", "m"));
        assert_eq!(
            (context.approval_policy.as_ref(), &context.disabled_plugins[..]),
            ("never", &["p@m".into()][..])
        );
        assert_eq!(turn(r#"{"approval_policy":{"granular":{"rules":true}}}"#).approval_policy, "granular");
    }

    #[test]
    fn sessions_name_their_parents() {
        let of = |json: &'static str| session(&Object::parse(json).unwrap());
        let child = of(
            r#"{"id":"c","parent_thread_id":"p","cwd":"/w","cli_version":"0.169.0","source":{"subagent":{"thread_spawn":{"parent_thread_id":"p","agent_role":"r"}}},"git":{"commit_hash":"abc"}}"#,
        );
        assert_eq!((child.parent.as_deref(), child.agent_role.as_deref()), (Some("p"), Some("r")));
        assert_eq!((child.commit.as_deref(), child.guardian), (Some("abc"), false));
        assert_eq!(of(r#"{"id":"f","forked_from_id":"o"}"#).forked_from.as_deref(), Some("o"));
        assert!(of(r#"{"id":"g","source":{"subagent":{"other":"guardian"}}}"#).guardian);
        let review = of(r#"{"id":"r","parent_thread_id":"p","source":{"subagent":"review"}}"#);
        assert!(review.review && review.sub_agent && review.internal.is_none() && !child.review);
        assert!(of(r#"{"id":"g","thread_source":"guardian_review"}"#).guardian);
    }

    #[test]
    fn environments_are_read_from_both_forms() {
        let tagged = "<environment_context>\n  <cwd>/w</cwd>\n  <approval_policy>on-request</approval_policy>\n  <sandbox_mode>read-only</sandbox_mode>\n  <network_access>enabled</network_access>\n  <shell>zsh</shell>\n</environment_context>";
        let lines = "<environment_context>\nCurrent working directory: /w\nApproval policy: on-request\nSandbox mode: read-only\nNetwork access: enabled\nShell: zsh\n</environment_context>";
        let want = Environment {
            cwd: "/w".into(),
            approval_policy: "on-request".into(),
            sandbox_mode: "read-only".into(),
            network: true,
            shell: "zsh".into(),
        };
        assert_eq!(Environment::parse(tagged), want);
        assert_eq!(Environment::parse(lines), want);
        assert_eq!(Environment::parse("<environment_context>"), Environment::default());
    }
}
