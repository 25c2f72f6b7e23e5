//! Hooks that are tools of an MCP server: what Codex 0.169 hands them, and what it reads from their results.

use serde_json::Value;

use crate::engine::cell::{Ended, ProcessOutcome};
use crate::plugin::ToolResult;
use crate::plugin::config::Value as Template;

/// The arguments for the tool: `${a.b}` stands for a field of what command hooks read from standard input. A text that
/// is nothing else becomes that value, of whatever type; within a text, values that are no texts are written as JSON.
/// Keys are left as they are. The error is Codex 0.169's text for a placeholder of nothing; the hook then fails.
pub fn filled(template: &Template, input: &Value) -> Result<Value, String> {
    Ok(match template {
        Template::Table(table) => {
            let entries = table.iter().map(|(key, node)| Ok((key.clone(), filled(&node.value, input)?)));
            Value::Object(entries.collect::<Result<_, String>>()?)
        }
        Template::Array(items) => {
            let items = items.iter().map(|item| filled(&item.value, input));
            Value::Array(items.collect::<Result<_, String>>()?)
        }
        Template::String(text) => filled_text(text, input)?,
        Template::Datetime(text) => Value::from(text.as_str()),
        Template::Integer(number) => Value::from(*number),
        Template::Float(number) => Value::from(*number),
        Template::Boolean(flag) => Value::from(*flag),
        Template::Null => Value::Null,
    })
}

fn filled_text(text: &str, input: &Value) -> Result<Value, String> {
    let mut parts = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = placeholder(rest) {
        let value = field(input, name)
            .ok_or_else(|| format!("hook input placeholder `${{{name}}}` was not found"))?;
        if before.is_empty() && after.is_empty() && rest.len() == text.len() {
            return Ok(value.clone());
        }
        parts.push_str(before);
        match value {
            Value::String(text) => parts.push_str(text),
            other => parts.push_str(&other.to_string()),
        }
        rest = after;
    }
    parts.push_str(rest);
    Ok(Value::String(parts))
}

/// The first placeholder with the texts around it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("${")?;
        let (name, after) = text[start + 2..].split_once('}')?;
        if !name.is_empty() {
            return Some((&text[..start], name, after));
        }
        from = start + 2;
    }
}

fn field<'v>(input: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(input, |value, name| value.as_object()?.get(name))
}

/// What a result comes to: its texts are read as the output of a command that ended well; an error fails the hook.
pub fn outcome(result: &ToolResult) -> ProcessOutcome {
    if result.is_error {
        return failed(&format!("MCP tool returned an error: {}", result.text));
    }
    ProcessOutcome::exited(0, &result.text, "")
}

/// A hook that got no result, with Codex's text for the reason.
pub fn failed(reason: &str) -> ProcessOutcome {
    ProcessOutcome { ended: Ended::NoResult, ..ProcessOutcome::exited(0, "", reason) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plugin::config::Node;
    use crate::source::Place;

    fn template(value: &Value) -> Template {
        let node = |value: &Value| Node { place: Place::file("hooks.json"), value: template(value) };
        match value {
            Value::Null => Template::Null,
            Value::Bool(flag) => Template::Boolean(*flag),
            Value::Number(number) => Template::Integer(number.as_i64().unwrap()),
            Value::String(text) => Template::String(text.clone()),
            Value::Array(items) => Template::Array(items.iter().map(node).collect()),
            Value::Object(table) => {
                Template::Table(table.iter().map(|(key, value)| (key.clone(), node(value))).collect())
            }
        }
    }

    /// What Codex 0.169 handed a tool for each of these inputs when asked.
    #[test]
    fn placeholders_are_filled_as_codex_fills_them() {
        let input = json!({"cwd": "/w", "tool_name": "mcp__t__ro", "tool_input": {"command": "c", "arr": ["q", 2], "num": 1.5, "b": true, "z": null}});
        for (text, want) in [
            (json!("${tool_input.command}"), Ok(json!("c"))),
            (json!("a ${tool_input.command} b ${tool_name}"), Ok(json!("a c b mcp__t__ro"))),
            (json!("${tool_input.arr}"), Ok(json!(["q", 2]))),
            (json!("x ${tool_input.arr}"), Ok(json!("x [\"q\",2]"))),
            (json!("${tool_input.num}"), Ok(json!(1.5))),
            (json!("n=${tool_input.num}"), Ok(json!("n=1.5"))),
            (json!("${tool_input.b}"), Ok(json!(true))),
            (json!("${tool_input.z}"), Ok(json!(null))),
            (json!("x${tool_input.z}"), Ok(json!("xnull"))),
            (json!("$${cwd}"), Ok(json!("$/w"))),
            (json!("$cwd"), Ok(json!("$cwd"))),
            (json!("${cwd"), Ok(json!("${cwd"))),
            (json!("${}"), Ok(json!("${}"))),
            (json!({"${cwd}": ["${cwd}", 5]}), Ok(json!({"${cwd}": ["/w", 5]}))),
            (json!("${tool_input.arr.0}"), Err("hook input placeholder `${tool_input.arr.0}` was not found")),
            (json!("${ cwd }"), Err("hook input placeholder `${ cwd }` was not found")),
            (json!("${agent_id}"), Err("hook input placeholder `${agent_id}` was not found")),
        ] {
            assert_eq!(filled(&template(&text), &input), want.map_err(str::to_owned), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_filled_or_refused(text in "[${}a-c. ]{0,30}") {
            let input = json!({"a": {"b": "${c}"}, "c": 1});
            let filled = filled(&Template::String(text.clone()), &input);
            if !text.contains("${") {
                proptest::prop_assert_eq!(filled, Ok(Value::String(text)));
            }
        }
    }
}
