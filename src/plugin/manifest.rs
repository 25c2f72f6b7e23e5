use std::path::{Path, PathBuf};

use super::bundle::{Bundle, manifest_path};
use super::config::{Node, Placed, Value, read_json};
use crate::finding::{Finding, Severity, closest};
use crate::source::Place;

/// Where Codex 0.169 looks for the manifest, in this order.
const FILES: [&str; 2] = [".codex-plugin/plugin.json", ".claude-plugin/plugin.json"];

/// Keys that Codex 0.169 reads; it ignores all others.
const KEYS: [&str; 9] =
    ["name", "version", "description", "keywords", "skills", "mcpServers", "hooks", "apps", "interface"];

/// Keys that other hosts read and that say more about a plugin without acting in Codex.
const INERT: [&str; 8] =
    ["author", "homepage", "repository", "license", "commands", "agents", "rules", "$schema"];

/// Keys whose null makes Codex 0.169 drop the whole manifest; elsewhere null counts as absent.
const NOT_NULL: [&[&str]; 4] =
    [&["name"], &["keywords"], &["interface", "capabilities"], &["interface", "screenshots"]];

/// A plugin's manifest.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The manifest file as a whole.
    pub place: Place,
    /// The plugin's name; `None` when it is missing or empty.
    pub name: Option<Placed<String>>,
    /// The plugin's version, if it states one.
    pub version: Option<Placed<String>>,
    /// Folders with skills; `None` means the default `skills/`.
    pub skills: Option<Vec<Placed<PathBuf>>>,
    /// Where MCP servers are declared.
    pub servers: ServersField,
    /// Where hooks are declared.
    pub hooks: HooksField,
}

/// The manifest's `mcpServers`.
#[derive(Clone, Debug, PartialEq)]
pub enum ServersField {
    /// Absent or ignored: `.mcp.json` counts.
    Default,
    /// A file of the bundle.
    File(Placed<PathBuf>),
    /// The servers themselves.
    Inline(Node),
}

/// The manifest's `hooks`.
#[derive(Clone, Debug, PartialEq)]
pub enum HooksField {
    /// Absent or ignored: `hooks/hooks.json` counts.
    Default,
    /// Files of the bundle.
    Files(Vec<Placed<PathBuf>>),
    /// Hook files written into the manifest. Which of them are well formed is for the reader of hooks to say.
    Inline(Vec<Node>),
}

impl Manifest {
    /// Reads the bundle's manifest. What `codex plugin add` refuses, and what makes the plugin vanish at run time, is an
    /// error finding and then there is no manifest.
    pub fn load(bundle: &Bundle, findings: &mut Vec<Finding>) -> Option<Self> {
        let Some(path) = FILES.iter().map(Path::new).find(|path| bundle.is_file(path)) else {
            let text = "missing plugin.json: Codex does not install this plugin";
            let place = bundle.place(Path::new(FILES[0]));
            findings.push(
                Finding::error("manifest-missing", text).at(place).help("add `.codex-plugin/plugin.json`"),
            );
            return None;
        };
        let file = bundle.read(path, findings)?;
        let before = findings.len();
        let root = read_json(&file, findings)?;
        for twice in findings[before..].iter_mut().filter(|finding| finding.code == "duplicate-key") {
            twice.severity = Severity::Error;
            twice.message.push_str("; Codex drops a plugin whose manifest repeats a key");
        }
        let manifest = Self::from_node(&root, findings);
        findings[before..].iter().all(|finding| finding.severity < Severity::Error).then_some(manifest)
    }

    fn from_node(root: &Node, findings: &mut Vec<Finding>) -> Self {
        if !matches!(root.value, Value::Table(_)) {
            findings.push(root.wrong_type("plugin.json", "an object"));
        }
        for path in NOT_NULL {
            if let Some(null) = root.get(path).filter(|node| node.value == Value::Null) {
                let text = format!("`{}` is null, for which Codex drops the whole manifest", path.join("."));
                let finding = Finding::error("wrong-type", text).at(null.place.clone());
                findings.push(finding.help("remove the key"));
            }
        }
        let name = root.typed::<String>(&["name"], findings).filter(|name| !name.value.trim().is_empty());
        check_characters(name.as_ref(), "name", "._-", findings);
        let version =
            root.typed::<String>(&["version"], findings).filter(|text| !text.value.trim().is_empty());
        check_characters(version.as_ref(), "version", ".+_-", findings);
        check_types(root, findings);
        note_unknown(root, findings);
        Self {
            place: root.place.clone(),
            skills: root.get(&["skills"]).and_then(|node| paths(node, "skills", findings)),
            servers: servers(root, findings),
            hooks: hooks(root, findings),
            name,
            version,
        }
    }
}

/// Name and version become folder names in the cache, so `codex plugin add` refuses other characters.
fn check_characters(text: Option<&Placed<String>>, key: &str, also: &str, findings: &mut Vec<Finding>) {
    let Some(text) = text else { return };
    let fits = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    if !text.value.chars().all(fits) || matches!(text.value.as_str(), "." | "..") {
        findings.push(
            Finding::error(
                "manifest-name",
                format!("`{key}` has characters that Codex refuses at installation"),
            )
            .at(text.place.clone())
            .help(format!("use letters, digits and `{also}` only")),
        );
    }
}

/// Fields whose wrong type makes Codex 0.169 drop the whole manifest without a word.
fn check_types(root: &Node, findings: &mut Vec<Finding>) {
    root.typed::<&str>(&["description"], findings);
    root.typed::<&str>(&["apps"], findings);
    root.typed::<Vec<Placed<String>>>(&["keywords"], findings);
    if root.typed::<&super::config::Table>(&["interface"], findings).is_none() {
        return;
    }
    let texts = [
        "displayName",
        "shortDescription",
        "longDescription",
        "developerName",
        "category",
        "websiteURL",
        "privacyPolicyURL",
        "termsOfServiceURL",
        "brandColor",
        "composerIcon",
        "logo",
        "logoDark",
    ];
    for key in texts {
        root.typed::<&str>(&["interface", key], findings);
    }
    root.typed::<Vec<Placed<String>>>(&["interface", "capabilities"], findings);
    root.typed::<Vec<Placed<String>>>(&["interface", "screenshots"], findings);
}

fn note_unknown(root: &Node, findings: &mut Vec<Finding>) {
    let Some(table) = root.read::<&super::config::Table>() else { return };
    for (key, node) in table {
        if KEYS.contains(&key.as_str()) || INERT.contains(&key.as_str()) {
            continue;
        }
        let finding =
            Finding::warning("unknown-key", format!("Codex ignores the unknown key `{key}` in the manifest"))
                .at(node.place.clone());
        let help =
            closest(key, KEYS).map_or("remove it".to_owned(), |name| format!("did you mean `{name}`?"));
        findings.push(finding.help(help));
    }
}

/// One path or several; `None` when the field is ignored, which means the default.
fn paths(node: &Node, key: &str, findings: &mut Vec<Finding>) -> Option<Vec<Placed<PathBuf>>> {
    let texts = match &node.value {
        Value::Null => return None,
        Value::String(text) => vec![Placed { place: node.place.clone(), value: text.clone() }],
        _ => {
            let texts = node.read::<Vec<Placed<String>>>();
            if texts.is_none() {
                findings.push(ignored(node, key, "is neither a path nor an array of paths"));
            }
            texts?
        }
    };
    let mut found = Vec::new();
    for text in texts {
        match manifest_path(&text.value) {
            Ok(path) => found.push(Placed { place: text.place, value: path }),
            Err(why) => {
                let at = Node { place: text.place, value: Value::Null };
                findings.push(ignored(&at, key, &format!("names `{}`, which {why}", text.value)));
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

fn ignored(node: &Node, key: &str, why: &str) -> Finding {
    Finding::warning("manifest-ignored", format!("`{key}` {why}; Codex ignores it"))
        .at(node.place.clone())
        .help("name a path below the plugin that starts with `./`")
}

fn servers(root: &Node, findings: &mut Vec<Finding>) -> ServersField {
    let Some(node) = root.get(&["mcpServers"]) else { return ServersField::Default };
    match &node.value {
        Value::Null => ServersField::Default,
        Value::Table(_) => ServersField::Inline(node.clone()),
        Value::String(_) => match paths(node, "mcpServers", findings).and_then(|mut paths| paths.pop()) {
            Some(path) => ServersField::File(path),
            None => ServersField::Default,
        },
        _ => {
            findings.push(ignored(node, "mcpServers", "is neither a path nor an object"));
            ServersField::Default
        }
    }
}

fn hooks(root: &Node, findings: &mut Vec<Finding>) -> HooksField {
    let Some(node) = root.get(&["hooks"]) else { return HooksField::Default };
    match &node.value {
        Value::Null => HooksField::Default,
        Value::Table(_) => HooksField::Inline(vec![node.clone()]),
        // Codex reads an array of a description and an object as one hooks file written without keys.
        Value::Array(items) if is_positional(items) => {
            let key = |name: &str, node: &Node| (name.to_owned(), node.clone());
            let table = [key("description", &items[0]), key("hooks", &items[1])].into_iter().collect();
            HooksField::Inline(vec![Node { place: node.place.clone(), value: Value::Table(table) }])
        }
        Value::Array(items)
            if !items.is_empty() && items.iter().all(|item| matches!(item.value, Value::Table(_))) =>
        {
            HooksField::Inline(items.clone())
        }
        _ => paths(node, "hooks", findings).map_or(HooksField::Default, HooksField::Files),
    }
}

fn is_positional(items: &[Node]) -> bool {
    matches!(items, [Node { value: Value::String(_) | Value::Null, .. }, Node { value: Value::Table(_), .. }])
}
