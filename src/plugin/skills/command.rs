use std::collections::BTreeMap;
use std::path::Path;

use super::{Skill, slashed};
use crate::finding::Finding;
use crate::plugin::bundle::Bundle;
use crate::plugin::config::{Value, read_yaml};
use crate::source::TextFile;

/// Longest name of a skill, in characters.
const MAX_NAME: usize = 64;

/// Skills that Codex 0.169 makes at installation from `commands/**/*.md`: those with a description and without
/// templates that only another host fills in. What it drops without a word is a warning finding.
pub(super) fn migrated(bundle: &Bundle, plugin: &str, findings: &mut Vec<Finding>) -> Vec<Skill> {
    let folder = Path::new("commands");
    let mut by_name: BTreeMap<String, Vec<Skill>> = BTreeMap::new();
    for path in bundle.files_below(folder).filter(|path| path.extension().is_some_and(|ext| ext == "md")) {
        if path.file_stem().is_some_and(|stem| stem == "README") {
            continue;
        }
        let Some(file) = bundle.read(path, findings) else { continue };
        let below = path.strip_prefix(folder).unwrap_or(path).with_extension("");
        let name = slug(&format!("source-command-{}", slashed(&below).replace('/', "-")));
        match description(&file, &name) {
            Ok(description) => by_name.entry(name.clone()).or_default().push(Skill {
                description,
                path: format!(".codex-plugin/migrated-command-skills/{name}/SKILL.md"),
                place: file.place(0),
                implicit: true,
                enabled: true,
                name: format!("{plugin}:{name}"),
            }),
            Err(why) => {
                let text = format!("Codex drops this command: {why}");
                findings.push(Finding::warning("command-dropped", text).at(file.place(0)));
            }
        }
    }
    let mut skills = Vec::new();
    for (name, mut same) in by_name {
        if let ([_], Some(skill)) = (same.as_slice(), same.last().cloned()) {
            skills.push(skill);
            continue;
        }
        for skill in same.drain(..) {
            let text = format!("Codex drops this command: another one also becomes `{name}`");
            findings.push(Finding::warning("command-dropped", text).at(skill.place));
        }
    }
    skills
}

fn description(file: &TextFile, name: &str) -> Result<String, &'static str> {
    let text = file.text();
    let rest = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"));
    let (block, body) = rest.and_then(split).ok_or("it has no frontmatter")?;
    let node = read_yaml(file, block, 2, &mut Vec::new()).ok_or("its frontmatter is not YAML")?;
    let description = match node.get(&["description"]).map(|node| &node.value) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Boolean(value)) => value.to_string(),
        _ => String::new(),
    };
    if description.is_empty() {
        return Err("it has no description");
    }
    if name.chars().count() > MAX_NAME {
        return Err("its name is too long");
    }
    if has_template(body) { Err("it uses templates that Codex does not fill in") } else { Ok(description) }
}

/// Splits what follows the first `---` at the next line that starts with `---`.
fn split(rest: &str) -> Option<(&str, &str)> {
    let end = rest.find("\n---")?;
    let block = rest[..end].trim_end_matches('\r');
    Some((block, &rest[end + "\n---".len()..]))
}

fn has_template(body: &str) -> bool {
    let numbered = body.as_bytes().windows(2).any(|pair| pair[0] == b'$' && pair[1].is_ascii_digit());
    let mention = body.split_whitespace().any(|word| word.len() > 1 && word.starts_with('@'));
    numbered
        || mention
        || body.contains("$ARGUMENTS")
        || (body.contains("{{") && body.contains("}}"))
        || body.contains("!`")
        || body.contains("! `")
}

fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_matches('-').to_owned()
}
