//! What Codex noted about calls of a script while it ran: the items, in the order in which the calls ended.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{Input, Nested};
use crate::transcript::json::{Object, elements, string};
use crate::transcript::shell::{command_of, essence};

/// Longer outputs may have been cut before they were noted, in bytes.
const MAX_OUTPUT: usize = 512 << 10;
/// Items know of times only roughly, in milliseconds.
const SLACK: i64 = 700;

/// One item.
#[derive(Debug)]
pub(in crate::transcript) struct Noted {
    asked: Asked,
    pub(super) outcome: Outcome,
}

/// What a call asks for, as far as its item tells.
#[derive(Debug, PartialEq)]
pub(super) enum Asked {
    /// A command; then how long the call waits for it (in milliseconds) and how much of its output it takes.
    Command { text: String, wait: i64, tokens: Option<i64> },
    /// A patch, by the files it names.
    Patch(Vec<String>),
    /// An MCP tool, by the name that scripts give it, with its arguments.
    Tool { name: String, arguments: Value },
    /// An image.
    Image(String),
    /// Nothing that has an item.
    Nothing,
}

/// What a call was answered, by its item.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A value, as JSON text.
    Value(String),
    Command(Finished),
    /// Some object.
    Object,
    Unknown,
}

/// A command that ended.
#[derive(Debug)]
pub(super) struct Finished {
    exit_code: i64,
    output: String,
    /// In milliseconds.
    took: i64,
}

impl Finished {
    /// The result of the call, unless the call may have been answered before the command ended, or in part.
    /// Codex 0.169 gives scripts the whole output unless they ask for less.
    pub(super) fn result(&self, asked: &Asked) -> Option<String> {
        let Asked::Command { wait, tokens, .. } = asked else { return None };
        let size = self.output.len();
        let enough = |tokens: i64| usize::try_from(tokens).is_ok_and(|tokens| size.div_ceil(4) <= tokens);
        let whole = size <= MAX_OUTPUT && tokens.is_none_or(enough);
        let fields = json!({"exit_code": self.exit_code, "output": self.output});
        // In the order of Codex, which a script can see.
        let result = format!(
            r#"{{"chunk_id":0,"wall_time_seconds":0,"exit_code":{},"original_token_count":0,"output":{}}}"#,
            fields["exit_code"], fields["output"]
        );
        (whole && self.took + SLACK < *wait).then_some(result)
    }
}

impl Asked {
    /// What a call asks for.
    pub(super) fn by(nested: &Nested) -> Self {
        let json = match &nested.input {
            Input::Text(text) if nested.name == "apply_patch" => return Self::Patch(files(text)),
            Input::Text(_) => return Self::Nothing,
            Input::Json(json) => serde_json::from_str::<Value>(json).unwrap_or_default(),
        };
        let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
        match nested.name.as_str() {
            "exec_command" => {
                let number = |name: &str| json.get(name).and_then(Value::as_i64);
                let wait = number("yield_time_ms").unwrap_or(10_000).clamp(250, 30_000);
                let tokens = number("max_output_tokens");
                text("cmd").map_or(Self::Nothing, |text| Self::Command { text, wait, tokens })
            }
            "view_image" => text("path").map_or(Self::Nothing, Self::Image),
            name => Self::Tool { name: name.to_owned(), arguments: json },
        }
    }
}

impl Asked {
    /// Whether the text of a refusal says that it is about this. Codex 0.169 ends what hooks say with the command,
    /// and quotes the command that a rule rejects.
    pub(super) fn is_named_by(&self, refusal: &str) -> bool {
        match self {
            Self::Command { text, .. } => {
                let quoted = || shlex::try_quote(text).ok().map(|text| format!(" -lc {text}` rejected: "));
                refusal.ends_with(&format!(". Command: {text}"))
                    || quoted().is_some_and(|quoted| refusal.contains(&quoted))
            }
            Self::Tool { name, .. } => refusal.ends_with(&format!(". Tool: {name}")),
            _ => false,
        }
    }
}

/// The files that the headers of a patch name.
fn files(patch: &str) -> Vec<String> {
    let headers = ["*** Add File: ", "*** Update File: ", "*** Delete File: "];
    let file =
        |line: &str| headers.iter().find_map(|header| line.trim().strip_prefix(header)).map(str::to_owned);
    let mut files: Vec<_> = patch.lines().filter_map(file).collect();
    files.sort();
    files.dedup();
    files
}

impl Noted {
    /// Whether this item is about a call that asks for this.
    pub(super) fn answers(&self, asked: &Asked) -> bool {
        match (&self.asked, asked) {
            (Asked::Command { text: one, .. }, Asked::Command { text: other, .. }) => one == other,
            (Asked::Patch(noted), Asked::Patch(asked)) => {
                let ends = |file: &String, end: &String| {
                    file.strip_suffix(end.trim_start_matches("./"))
                        .is_some_and(|start| start.is_empty() || start.ends_with('/'))
                };
                noted.len() == asked.len() && asked.iter().all(|end| noted.iter().any(|file| ends(file, end)))
            }
            (Asked::Image(noted), Asked::Image(asked)) => noted.ends_with(asked.as_str()),
            (Asked::Nothing, _) | (_, Asked::Nothing) => false,
            (one, other) => one == other,
        }
    }

    /// Reads the fields of an `item_completed` item.
    pub(in crate::transcript) fn item(fields: &Object<'_>) -> Option<Self> {
        match fields.word("type") {
            "CommandExecution" => Some(Self::command(fields)),
            "FileChange" => Some(Self::patch(fields)),
            "McpToolCall" => {
                let error = fields.object("error").and_then(|error| error.text("message"));
                Some(Self::tool(fields, fields.get("result").filter(|raw| *raw != "null"), error))
            }
            "ImageView" => {
                let path = fields.text_or_empty("path").into_owned();
                Some(Self { asked: Asked::Image(path), outcome: Outcome::Object })
            }
            _ => None,
        }
    }

    /// Reads the fields of an event of its own type, as before `item_completed`.
    pub(in crate::transcript) fn event(kind: &str, fields: &Object<'_>) -> Option<Self> {
        match kind {
            "exec_command_end" => Some(Self::command(fields)),
            "patch_apply_end" => Some(Self::patch(fields)),
            "mcp_tool_call_end" => {
                let invocation = fields.object("invocation")?;
                let mut noted = Self::tool(&invocation, None, None);
                let ended = fields.object("result").is_some_and(|result| result.get("Ok").is_some());
                noted.outcome = if ended { Outcome::Object } else { Outcome::Unknown };
                Some(noted)
            }
            _ => None,
        }
    }

    fn command(fields: &Object<'_>) -> Self {
        let words = elements(fields.get("command").unwrap_or("[]")).filter_map(string).collect();
        let text = essence(&command_of(words)).into_owned();
        let took = fields.object("duration").and_then(|duration| {
            let (secs, nanos) = (duration.integer("secs")?, duration.integer("nanos")?);
            secs.checked_mul(1000)?.checked_add(nanos / 1_000_000)
        });
        let ended = matches!(fields.word("status"), "completed" | "failed");
        let outcome = match (fields.integer("exit_code"), fields.text("aggregated_output")) {
            (Some(exit_code), Some(output)) if ended => {
                let took = took.unwrap_or_default();
                Outcome::Command(Finished { exit_code, output: output.into_owned(), took })
            }
            _ => Outcome::Unknown,
        };
        Self { asked: Asked::Command { text, wait: 0, tokens: None }, outcome }
    }

    fn patch(fields: &Object<'_>) -> Self {
        let changes = fields.get("changes").and_then(Object::parse).unwrap_or_default();
        let path = |(path, _): &(&str, &str)| Some(string(&format!("\"{path}\""))?.into_owned());
        let files = changes.fields().iter().filter_map(path).collect();
        let done = fields.word("status") == "completed"
            || (fields.get("status").is_none() && fields.get("success") == Some("true"));
        let outcome = if done { Outcome::Value("{}".to_owned()) } else { Outcome::Unknown };
        Self { asked: Asked::Patch(files), outcome }
    }

    fn tool(fields: &Object<'_>, result: Option<&str>, error: Option<Cow<'_, str>>) -> Self {
        let (server, tool) = (fields.text_or_empty("server"), fields.text_or_empty("tool"));
        let own = server == "codex";
        let name = if own { tool.into_owned() } else { script_name(&server, &tool) };
        let arguments = fields.get("arguments").and_then(|raw| serde_json::from_str(raw).ok());
        let arguments = arguments.filter(|given: &Value| !given.is_null()).unwrap_or_else(|| json!({}));
        let outcome = match (result, error) {
            // Codex's own tools give scripts a text where they noted one.
            (Some(_), _) if own => Outcome::Unknown,
            (Some(result), _) => Outcome::Value(result.to_owned()),
            (None, Some(error)) => {
                let told = json!({"content": [{"type": "text", "text": error}], "isError": true});
                Outcome::Value(told.to_string())
            }
            (None, None) => Outcome::Unknown,
        };
        Self { asked: Asked::Tool { name, arguments }, outcome }
    }
}

/// The name by which scripts call a tool of an MCP server.
pub(in crate::transcript) fn script_name(server: &str, tool: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let (server, tool): (String, String) =
        (server.chars().map(plain).collect(), tool.chars().map(plain).collect());
    format!("mcp__{server}__{tool}")
}
