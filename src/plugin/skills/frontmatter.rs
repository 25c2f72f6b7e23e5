use crate::finding::Finding;
use crate::plugin::config::{Node, Value, read_yaml};
use crate::source::{Place, TextFile};

/// Longest name of a skill, in characters.
const MAX_NAME: usize = 64;

/// What the frontmatter of a `SKILL.md` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frontmatter {
    pub(super) name: String,
    pub(super) description: String,
}

/// Reads the frontmatter; `folder` is the name of a skill that states none. A skill that Codex 0.169 drops is a
/// warning finding, for the plugin works on without it.
pub(super) fn read(file: &TextFile, folder: &str, findings: &mut Vec<Finding>) -> Option<Frontmatter> {
    match parse(file, folder) {
        Ok(text) => Some(text),
        Err((message, place)) => {
            let text = format!("Codex drops this skill: {message}");
            findings.push(Finding::warning("skill-dropped", text).at(place));
            None
        }
    }
}

/// What is wrong and where.
type Wrong = (String, Place);

fn parse(file: &TextFile, folder: &str) -> Result<Frontmatter, Wrong> {
    let block = block(file.text())
        .ok_or_else(|| ("missing YAML frontmatter between lines of `---`".to_owned(), file.place(0)))?;
    let fields = fields(file, block).or_else(|first| fields(file, &repaired(block)).map_err(|_| first))?;
    let description = fields
        .description
        .filter(|text| !text.is_empty())
        .ok_or_else(|| ("missing field `description`".to_owned(), fields.place.clone()))?;
    let name = fields.name.filter(|text| !text.is_empty()).unwrap_or_else(|| folder.to_owned());
    if name.chars().count() > MAX_NAME {
        return Err((format!("its name is longer than {MAX_NAME} characters"), fields.name_place));
    }
    Ok(Frontmatter { name, description })
}

/// Fields of the block, of the types that they must have.
struct Fields {
    place: Place,
    name: Option<String>,
    name_place: Place,
    description: Option<String>,
}

fn fields(file: &TextFile, block: &str) -> Result<Fields, Wrong> {
    let mut findings = Vec::new();
    let Some(node) = read_yaml(file, block, 2, &mut findings) else {
        let first = findings.into_iter().next();
        let place = first.as_ref().and_then(|finding| finding.place.clone());
        let message = first.map_or_else(String::new, |finding| finding.message);
        return Err((format!("invalid YAML: {message}"), place.unwrap_or_else(|| file.place(0))));
    };
    if !matches!(node.value, Value::Table(_)) {
        return Err((format!("the frontmatter is {}, not a table", node.value.kind()), node.place));
    }
    if let Some(metadata) = node.get(&["metadata"])
        && !matches!(metadata.value, Value::Table(_) | Value::Null)
    {
        let text = format!("`metadata` is {}, not a table", metadata.value.kind());
        return Err((text, metadata.place.clone()));
    }
    Ok(Fields {
        name: text(&node, "name")?,
        name_place: node.get(&["name"]).unwrap_or(&node).place.clone(),
        description: text(&node, "description")?,
        place: node.place,
    })
}

/// The lines between the first line and the next one that hold nothing but `---`; at least one.
pub(super) fn block(text: &str) -> Option<&str> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| line.trim() == "---")?;
    let mut end = first.len();
    for line in lines {
        if line.trim() == "---" {
            return (end > first.len()).then(|| &text[first.len()..end]);
        }
        end += line.len();
    }
    None
}

/// Quotes plain values that hold `: ` or start with a character that plain values may not start with. Codex 0.169 does
/// so too, on every line of the block that is no part of a block scalar, once the block as written cannot be used.
fn repaired(block: &str) -> String {
    let mut text = String::with_capacity(block.len() + 16);
    let mut scalar: Option<usize> = None;
    for line in block.lines() {
        let indent = line.len() - line.trim_start().len();
        scalar = scalar.filter(|above| indent > *above || line.trim().is_empty());
        match split(line).filter(|_| scalar.is_none()) {
            Some((key, value)) if wants_quotes(value) => {
                text.push_str(key);
                text.push_str(" '");
                text.push_str(&value.replace('\'', "''"));
                text.push('\'');
            }
            Some((_, value)) if value.starts_with(['|', '>']) => {
                scalar = Some(indent);
                text.push_str(line);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// A line's key with its colon, and its value without the comment after it.
fn split(line: &str) -> Option<(&str, &str)> {
    let (colon, _) = line.match_indices(':').find(|(at, _)| line[at + 1..].starts_with([' ', '\t']))?;
    let value = line[colon + 1..].trim();
    let comment = value.match_indices('#').find(|(at, _)| value[..*at].ends_with([' ', '\t']));
    Some((&line[..=colon], comment.map_or(value, |(at, _)| value[..at].trim_end())))
}

fn wants_quotes(value: &str) -> bool {
    match value.chars().next() {
        None | Some('"' | '\'' | '|' | '>' | '#') => false,
        Some('@' | '`') => true,
        Some('[') if !value.ends_with(']') => true,
        Some('{') if !value.ends_with('}') => true,
        Some(_) => value.contains(": "),
    }
}

/// A scalar as one line of text; numbers and booleans count as text.
fn text(node: &Node, key: &str) -> Result<Option<String>, Wrong> {
    let Some(found) = node.get(&[key]) else { return Ok(None) };
    let text = match &found.value {
        Value::Null => return Ok(None),
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Boolean(value) => value.to_string(),
        other => return Err((format!("`{key}` is {}, not a string", other.kind()), found.place.clone())),
    };
    Ok(Some(text))
}
