//! A scenario as a suite folder, with everything in it that its file leaves unsaid.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use git2::{FileMode, Repository, Signature, Time};
use serde_json::{Map, Value, json};

use plugin_eval::transcript::Recording;

use super::scenario::{File, Layers, Scenario, Trust};
use super::session::{CWD, Sessions, sessions};

/// Name of the plugin and of its marketplace.
const PLUGIN: &str = "p";
const MARKETPLACE: &str = "m";

/// Writes the suite folder of a scenario.
pub(crate) fn lay(scenario: &Scenario, folder: &Path) -> io::Result<()> {
    lay_sessions(scenario, &sessions(scenario), folder)
}

/// The same with recordings that the real CLI wrote, in which calls of scripts have other ids.
pub(crate) fn lay_recorded(scenario: &Scenario, recordings: &[Recording], folder: &Path) -> io::Result<()> {
    let mut sessions = sessions(scenario);
    sessions.answers.retain(|(call, _)| !call.contains('#'));
    let text = |recording: &Recording| String::from_utf8_lossy(recording.bytes()).into_owned();
    let name = |at: usize| if at == 0 { "session.jsonl".to_owned() } else { format!("session.{at}.jsonl") };
    sessions.files =
        recordings.iter().enumerate().map(|(at, recording)| (name(at), text(recording))).collect();
    lay_sessions(scenario, &sessions, folder)
}

fn lay_sessions(scenario: &Scenario, sessions: &Sessions, folder: &Path) -> io::Result<()> {
    plugin(scenario, folder)?;
    codex(scenario, folder)?;
    let commit = repository(scenario, &folder.join("repos/app")).map_err(io::Error::other)?;
    write(folder, "suite.toml", &suite(scenario))?;
    task(sessions, folder, &commit)?;
    turns(scenario, sessions, folder)
}

fn suite(scenario: &Scenario) -> String {
    let layers: &[&str] = match scenario.config {
        Layers::Two(_) => &["codex/system.toml", "codex/config.toml"],
        _ => &["codex/config.toml"],
    };
    let mut text =
        "[suite]\nname = \"conformance\"\n[role]\nname = \"any\"\noutcomes = [\"approve\"]\n".to_owned();
    let _ =
        writeln!(text, "[plugin]\npath = \"plugin\"\nmarketplace = \"{MARKETPLACE}\"\nconfig = {layers:?}");
    let _ = writeln!(
        text,
        "mcp_tools = \"codex/mcp-tools.json\"\nhooks_trusted = {}",
        scenario.trust == Trust::All
    );
    if scenario.rules.is_some() {
        text.push_str("rules = [\"codex/rules\"]\n");
    }
    if scenario.requirements.is_some() {
        text.push_str("requirements = \"codex/requirements.toml\"\n");
    }
    text.push_str("[repos]\napp = \"repos/app\"\n[[stage]]\nname = \"only\"\nbars = [\"in_scope >= 0%\"]\n");
    if let Some(mode) = &scenario.mode {
        let _ = writeln!(text, "mode = {}", json!(mode));
    }
    text
}

fn plugin(scenario: &Scenario, folder: &Path) -> io::Result<()> {
    let mut files = scenario.plugin.clone();
    let mut imply = |path: &str, value: Value| {
        files.entry(path.to_owned()).or_insert_with(|| format!("{value:#}\n"));
    };
    if !scenario.plugin.contains_key(".claude-plugin/plugin.json") {
        imply(
            ".codex-plugin/plugin.json",
            json!({"name": PLUGIN, "version": "1.0.0", "description": "a plugin"}),
        );
    }
    if !scenario.hook.is_empty() {
        imply("hooks/hooks.json", hooks(scenario));
    }
    let servers: Map<String, Value> =
        scenario.mcp.keys().map(|name| (name.clone(), json!({"command": format!("mcp-{name}")}))).collect();
    if !servers.is_empty() {
        imply(".mcp.json", json!({"mcpServers": servers}));
    }
    for (path, text) in &files {
        write(&folder.join("plugin"), path, text)?;
    }
    Ok(())
}

fn hooks(scenario: &Scenario) -> Value {
    let mut events: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for hook in &scenario.hook {
        let mut handler = json!({"type": "command", "command": hook.run});
        let mut group = json!({});
        if let (Some(handler), Some(group)) = (handler.as_object_mut(), group.as_object_mut()) {
            if let Some(timeout) = hook.timeout {
                handler.insert("timeout".into(), json!(timeout));
            }
            if hook.is_async {
                handler.insert("async".into(), json!(true));
            }
            if let Some(matcher) = &hook.matcher {
                group.insert("matcher".into(), json!(matcher));
            }
            group.insert("hooks".into(), json!([handler]));
        }
        events.entry(&hook.on).or_default().push(group);
    }
    json!({"hooks": events})
}

fn codex(scenario: &Scenario, folder: &Path) -> io::Result<()> {
    let folder = &folder.join("codex");
    let user = match &scenario.config {
        Layers::None => "",
        Layers::One(user) => user,
        Layers::Two([system, user]) => {
            write(folder, "system.toml", system)?;
            user
        }
    };
    let mut config = user.to_owned();
    let id = format!("[plugins.\"{PLUGIN}@{MARKETPLACE}\"]");
    if !config.contains(&id) {
        let _ = write!(config, "\n{id}\nenabled = true\n");
    }
    write(folder, "config.toml", &config)?;
    if let Some(rules) = &scenario.rules {
        write(folder, "rules/default.rules", rules)?;
    }
    if let Some(requirements) = &scenario.requirements {
        write(folder, "requirements.toml", requirements)?;
    }
    if let Some(hooks) = &scenario.user_hooks {
        write(folder, "hooks.json", hooks)?;
    }
    for (path, text) in &scenario.beside {
        write(folder, path, text)?;
    }
    write(folder, "mcp-tools.json", &format!("{:#}\n", tools(scenario)))
}

/// What the servers answer to `tools/list`.
fn tools(scenario: &Scenario) -> Value {
    let servers: Map<String, Value> = scenario
        .mcp
        .iter()
        .map(|(server, tools)| {
            let list: Vec<Value> = tools
                .iter()
                .map(|(name, hints)| {
                    let schema = json!({"type": "object", "properties": {}});
                    let mut tool = json!({"name": name, "description": "a tool", "inputSchema": schema});
                    let mut hints = hints.as_object().cloned().unwrap_or_default();
                    if let Some(tool) = tool.as_object_mut() {
                        tool.extend(hints.remove("result").map(|result| ("result".to_owned(), result)));
                        if !hints.is_empty() {
                            tool.insert("annotations".into(), Value::Object(hints));
                        }
                    }
                    tool
                })
                .collect();
            (server.clone(), json!({"tools": list}))
        })
        .collect();
    Value::Object(servers)
}

fn repository(scenario: &Scenario, path: &Path) -> Result<String, git2::Error> {
    let repository = Repository::init_bare(path)?;
    let mut index = git2::Index::new()?;
    let readme = File::Text("hello\n".to_owned());
    let readme = (!scenario.files.contains_key("README.md")).then_some(("README.md", &readme));
    let files = scenario.files.iter().map(|(path, file)| (path.as_str(), file));
    for (path, file) in files.chain(readme) {
        let (text, mode) = match file {
            File::Text(text) if text.starts_with("#!") => (text, FileMode::BlobExecutable),
            File::Text(text) => (text, FileMode::Blob),
            File::Link { link } => (link, FileMode::Link),
        };
        let entry = git2::IndexEntry {
            ctime: git2::IndexTime::new(0, 0),
            mtime: git2::IndexTime::new(0, 0),
            dev: 0,
            ino: 0,
            mode: u32::from(mode),
            uid: 0,
            gid: 0,
            file_size: text.len() as u32,
            id: repository.blob(text.as_bytes())?,
            flags: 0,
            flags_extended: 0,
            path: path.as_bytes().to_vec(),
        };
        index.add(&entry)?;
    }
    let tree = repository.find_tree(index.write_tree_to(&repository)?)?;
    let author = Signature::new("Dev", "dev@example.invalid", &Time::new(1_770_000_000, 0))?;
    let commit = repository.commit(Some("refs/heads/main"), &author, &author, "start\n", &tree, &[])?;
    repository.set_head("refs/heads/main")?;
    Ok(commit.to_string())
}

fn task(sessions: &Sessions, folder: &Path, commit: &str) -> io::Result<()> {
    let mut text = format!(
        "repo = \"app\"\ncommit = \"{commit}\"\ncwd = \"{CWD}\"\n[decision]\noutcome = \"approve\"\n"
    );
    for (call, person) in &sessions.answers {
        let verdict = format!("{person:?}").to_lowercase();
        let _ = writeln!(text, "[[decision.approval]]\ncall = {}\nverdict = \"{verdict}\"", json!(call));
        if let Some(holds) = sessions.holding.get(call) {
            let _ = writeln!(text, "for = {}", json!(holds));
        }
    }
    let folder = &folder.join("tasks/task");
    write(folder, "task.toml", &text)?;
    write(folder, "prompt.md", "go\n")?;
    sessions.files.iter().try_for_each(|(name, lines)| write(folder, name, lines))
}

/// The model's part as data, for whoever drives Codex by other means.
fn turns(scenario: &Scenario, sessions: &Sessions, folder: &Path) -> io::Result<()> {
    let answers: Map<String, Value> = sessions
        .answers
        .iter()
        .map(|(call, person)| (call.clone(), json!(format!("{person:?}").to_lowercase())))
        .collect();
    let all = json!({
        "cwd": scenario.cwd, "model": scenario.model, "mode": scenario.mode, "trust_all": scenario.trust == Trust::All,
        "turns": sessions.turns, "agents": sessions.agents, "answers": answers, "tools": tools(scenario),
    });
    write(folder, "turns.json", &format!("{all:#}\n"))
}

fn write(folder: &Path, path: &str, text: &str) -> io::Result<()> {
    let path = folder.join(path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&path, text)?;
    #[cfg(unix)]
    if text.starts_with("#!") {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
