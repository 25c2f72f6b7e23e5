//! A Codex configuration without what must not be shared: the values of environments, headers, tokens and accounts.
//!
//! Only keys that state a boundary are kept, so that a key of tomorrow that holds a secret is not copied.

use toml_edit::visit_mut::{VisitMut, visit_item_mut, visit_table_like_kv_mut};
use toml_edit::{DocumentMut, Formatted, Item, KeyMut, TableLike};

/// Top-level keys of `config.toml` that are kept.
const KEPT: &[&str] = &[
    "agents",
    "allow_login_shell",
    "apps",
    "approval_policy",
    "approvals_reviewer",
    "default_permissions",
    "features",
    "hooks",
    "marketplaces",
    "mcp_servers",
    "model",
    "permissions",
    "plugins",
    "rules",
    "sandbox_mode",
    "sandbox_workspace_write",
    "shell_environment_policy",
    "skills",
    "tools",
    "web_search",
];

/// Keys of an MCP server that are kept. Of environments and headers at most the names are.
const SERVER: &[&str] = &[
    "bearer_token_env_var",
    "command",
    "default_tools_approval_mode",
    "disabled_tools",
    "enabled",
    "enabled_tools",
    "env_vars",
    "required",
    "startup_timeout_ms",
    "startup_timeout_sec",
    "tool_timeout_sec",
    "tools",
    "type",
    "url",
];

/// Keys that hold secrets wherever they stand.
const SECRET: &[&str] = &[
    "api_key",
    "auth",
    "bearer_token",
    "credentials",
    "env",
    "headers",
    "http_headers",
    "oauth",
    "password",
    "secret",
    "set",
    "token",
];

/// Takes out of a `config.toml` what must not be shared, and names it. Comments go unless `comments`.
pub(super) fn config(document: &mut DocumentMut, comments: bool) -> Vec<String> {
    let mut gone = Vec::new();
    keep(document.as_table_mut(), "", KEPT, &mut gone);
    if let Some(servers) = document.get_mut("mcp_servers") {
        clean_servers(servers, "mcp_servers", &mut gone);
    }
    finish(document, comments, &mut gone);
    gone
}

/// Keys of a role's file that are kept: those of which Codex takes something.
const ROLE: &[&str] = &["description", "developer_instructions", "features", "model", "name", "skills"];

/// The same for the file of a role of sub-agents. Its instructions change no boundary, but Codex wants some.
pub(super) fn role(document: &mut DocumentMut, comments: bool) -> Vec<String> {
    let mut gone = Vec::new();
    keep(document.as_table_mut(), "", ROLE, &mut gone);
    if let Some(text) = document.get_mut("developer_instructions").filter(|text| text.is_str()) {
        *text = toml_edit::value("(left out)");
        gone.push("developer_instructions".to_owned());
    }
    finish(document, comments, &mut gone);
    gone
}

/// The same for a `requirements.toml`, of which everything states a boundary.
pub(super) fn requirements(document: &mut DocumentMut, comments: bool) -> Vec<String> {
    let mut gone = Vec::new();
    finish(document, comments, &mut gone);
    gone
}

fn finish(document: &mut DocumentMut, comments: bool, gone: &mut Vec<String>) {
    let mut sweep = Sweep { path: Vec::new(), gone: Vec::new(), comments };
    sweep.visit_document_mut(document);
    gone.extend(sweep.gone);
    if !comments {
        document.set_trailing("");
    }
}

fn keep(table: &mut dyn TableLike, path: &str, kept: &[&str], gone: &mut Vec<String>) {
    let others: Vec<String> =
        table.iter().map(|(key, _)| key.to_owned()).filter(|key| !kept.contains(&key.as_str())).collect();
    for key in others {
        table.remove(&key);
        gone.push(format!("{path}{key}"));
    }
}

fn clean_servers(servers: &mut Item, path: &str, gone: &mut Vec<String>) {
    let Some(servers) = servers.as_table_like_mut() else { return };
    for (name, server) in servers.iter_mut() {
        if let Some(server) = server.as_table_like_mut() {
            keep(server, &format!("{path}.{}.", name.get()), SERVER, gone);
        }
    }
}

/// Removes keys that hold secrets anywhere, accounts and queries of addresses, and comments.
struct Sweep {
    path: Vec<String>,
    gone: Vec<String>,
    comments: bool,
}

impl VisitMut for Sweep {
    fn visit_table_like_mut(&mut self, table: &mut dyn TableLike) {
        let names = self.holds_names();
        let secret: Vec<String> =
            table.iter().map(|(key, _)| key.to_owned()).filter(|key| !names && is_secret(key)).collect();
        for key in secret {
            table.remove(&key);
            self.gone.push(self.shown(&key));
        }
        toml_edit::visit_mut::visit_table_like_mut(self, table);
    }

    fn visit_table_mut(&mut self, table: &mut toml_edit::Table) {
        if !self.comments {
            table.decor_mut().clear();
        }
        self.visit_table_like_mut(table);
    }

    fn visit_table_like_kv_mut(&mut self, mut key: KeyMut<'_>, item: &mut Item) {
        self.path.push(key.get().to_owned());
        if !self.comments {
            key.leaf_decor_mut().clear();
            key.dotted_decor_mut().clear();
        }
        visit_table_like_kv_mut(self, key, item);
        self.path.pop();
    }

    fn visit_item_mut(&mut self, item: &mut Item) {
        if let (Item::Value(value), false) = (&mut *item, self.comments) {
            value.decor_mut().clear();
        }
        visit_item_mut(self, item);
    }

    fn visit_array_mut(&mut self, array: &mut toml_edit::Array) {
        if !self.comments {
            array.set_trailing("");
            array.iter_mut().for_each(|value| value.decor_mut().clear());
        }
        toml_edit::visit_mut::visit_array_mut(self, array);
    }

    fn visit_string_mut(&mut self, text: &mut Formatted<String>) {
        if let Some(address) = without_account(text.value()) {
            let decor = text.decor().clone();
            *text = Formatted::new(address);
            *text.decor_mut() = decor;
            self.gone.push(format!("account and query of the address in {}", self.path.join(".")));
        }
    }
}

impl Sweep {
    /// Are the keys here paths, hosts or tools? Without `"secret" = "deny"` a boundary would be a wider one.
    fn holds_names(&self) -> bool {
        let mut path = self.path.iter();
        path.next().is_some_and(|top| top == "permissions") || path.any(|part| part == "tools")
    }

    fn shown(&self, key: &str) -> String {
        let mut path = self.path.clone();
        path.push(key.to_owned());
        path.join(".")
    }
}

fn is_secret(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    SECRET.contains(&lower.as_str())
        || ["_token", "_secret", "_password", "_api_key"].iter().any(|end| lower.ends_with(end))
}

/// An address with its account, query and fragment taken away; `None` when it has none of them.
fn without_account(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if scheme.is_empty() || !scheme.chars().all(named) || rest.contains(char::is_whitespace) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let clean = format!("{scheme}://{host}{path}");
    (clean != text).then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str, comments: bool) -> (String, Vec<String>) {
        let mut document: DocumentMut = text.parse().unwrap();
        let gone = config(&mut document, comments);
        (document.to_string(), gone)
    }

    #[test]
    fn of_a_role_stays_what_codex_takes() {
        let text = "name = \"r\"\ndeveloper_instructions = \"planted\"\nsandbox_mode = \"read-only\"\n\
                    [features]\nplugins = false\n[mcp_servers.x]\ncommand = \"planted\"\n";
        let mut document: DocumentMut = text.parse().unwrap();
        let gone = role(&mut document, false);
        let text = document.to_string();
        assert!(!text.contains("planted") && text.contains("plugins = false"), "{text}");
        assert!(text.contains("developer_instructions = \"(left out)\""), "{text}");
        assert_eq!(gone.len(), 3, "{gone:?}");
    }

    #[test]
    fn no_secret_stays() {
        let text = r#"# key: planted-1
model = "m" # planted-2
model_provider = "own"
approval_policy = "on-request"
notify = ["sh", "-c", "planted-3"]
[model_providers.own]
base_url = "https://x.invalid"
http_headers = { Authorization = "planted-4" }
[mcp_servers.tracker]
command = "tracker"
args = ["--token", "planted-5"]
env = { TOKEN = "planted-6" }
enabled_tools = ["a", # planted-7
  "b"]
[mcp_servers.tracker.http_headers]
X = "planted-8"
[mcp_servers.web]
url = "https://me:planted-9@x.invalid/mcp?key=planted-10#planted-11"
bearer_token_env_var = "WEB_TOKEN"
oauth.client_secret = "planted-12"
[mcp_servers."quoted name"]
command = "q"
env.A = "planted-13"
[shell_environment_policy]
inherit = "core"
set = { A = "planted-14" }
[otel]
exporter = { otlp-http = { headers = { k = "planted-15" } } }
[plugins."p@m".mcp_servers.t]
token = "planted-16"
enabled = true
[projects."/home/planted-17"]
trust_level = "trusted"
[[hooks.PreToolUse]]
matcher = "Bash"
hooks = [{ type = "command", command = "guard", env = { B = "planted-18" } }]
# planted-19
"#;
        let (clean, gone) = cleaned(text, false);
        assert!(!clean.contains("planted"), "{clean}");
        for kept in [
            "approval_policy = \"on-request\"",
            "command = \"tracker\"",
            "enabled_tools = [\"a\", \"b\"]",
            "url = \"https://x.invalid/mcp\"",
            "bearer_token_env_var = \"WEB_TOKEN\"",
            "inherit = \"core\"",
            "matcher = \"Bash\"",
            "command = \"guard\"",
            "[mcp_servers.\"quoted name\"]",
        ] {
            assert!(clean.contains(kept), "{kept} in {clean}");
        }
        for named in
            ["model_providers", "mcp_servers.tracker.env", "mcp_servers.tracker.args", "projects", "otel"]
        {
            assert!(gone.iter().any(|gone| gone == named), "{named} in {gone:?}");
        }
        assert!(!gone.iter().any(|gone| gone.contains("planted")), "{gone:?}");
        assert!(clean.parse::<DocumentMut>().is_ok(), "{clean}");
    }

    #[test]
    fn no_rule_is_lost() {
        let text = "[permissions.p.filesystem.\":workspace_roots\"]\nsecret = \"deny\"\nenv = \"deny\"\n\
                    [plugins.\"p@m\".mcp_servers.t.tools.token]\napproval_mode = \"prompt\"\n";
        let (clean, gone) = cleaned(text, false);
        assert_eq!(gone, Vec::<String>::new());
        assert!(clean.contains("secret = \"deny\"") && clean.contains("env = \"deny\""), "{clean}");
        assert!(clean.contains("tools.token]"), "{clean}");
    }

    #[test]
    fn comments_of_a_shared_file_stay() {
        let (clean, _) = cleaned("# why\napproval_policy = \"never\" # so\n", true);
        assert_eq!(clean, "# why\napproval_policy = \"never\" # so\n");
    }

    #[test]
    fn addresses() {
        for (text, clean) in [
            ("https://a:b@h.invalid:8/x?y#z", Some("https://h.invalid:8/x")),
            ("https://h.invalid/x", None),
            ("https://h.invalid?k=v", Some("https://h.invalid")),
            ("git+ssh://git@h.invalid/r", Some("git+ssh://h.invalid/r")),
            ("see https://h.invalid/?a", None),
            ("a@b", None),
        ] {
            assert_eq!(without_account(text).as_deref(), clean, "{text}");
        }
    }
}
