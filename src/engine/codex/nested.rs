//! Calls inside scripts of code mode. Of those that are refused the CLI keeps nothing but what the script makes of it, so
//! each script is played with a watch around its tools, which prints what became of every call.

use std::collections::HashMap;

use serde_json::Value;

use crate::action::clean;
use crate::transcript::{StepKind, Transcript};

/// The watch: `calls` and `watched`, over the script's `tools`.
const WATCH: &str = include_str!("wrap.js");
/// Begins the line that the watch prints at the end.
const MARK: &str = "plugin-eval watched: ";

/// The script with the watch around it. Comments at the start stay there, for Codex takes settings from them.
pub(super) fn watched(script: &str) -> String {
    let settings: usize = script
        .split_inclusive('\n')
        .take_while(|line| line.trim_start().starts_with("//"))
        .map(str::len)
        .sum();
    let (settings, script) = script.split_at(settings);
    format!(
        "{settings}await (async (tools_) => {{ const tools = tools_;\n{WATCH}\
         try {{ await (async (tools) => {{\n{script}\n}})(watched); }}\n\
         finally {{ text(\"\\n{MARK}\" + JSON.stringify(calls)); }}\n}})(tools);\n"
    )
}

/// What the watch printed: each call's tool, and why it failed; empty for one that did not, `None` for one that had not
/// ended.
fn printed(answer: &str) -> Option<Vec<(String, Option<String>)>> {
    let line = answer.rsplit_once(MARK)?.1;
    let rows: Vec<Value> = serde_json::Deserializer::from_str(line).into_iter().next()?.ok()?;
    let row = |row: &Value| Some((row[0].as_str()?.to_owned(), row[1].as_str().map(str::to_owned)));
    rows.iter().map(row).collect()
}

/// What became of the nested calls of a task, by the ids that they have in its recordings.
#[derive(Clone, Debug, Default)]
pub(super) struct Nested {
    /// `Some` holds why it failed; empty for one that did not.
    fates: HashMap<String, String>,
}

impl Nested {
    /// Takes what the scripts printed. Calls of one tool are taken in order.
    pub(super) fn of(recorded: &[Transcript<'_>], answers: &HashMap<String, String>) -> Self {
        let mut rows: HashMap<&str, Vec<(String, Option<String>)>> = HashMap::new();
        for (call, answer) in answers {
            rows.extend(printed(answer).map(|printed| (call.as_str(), printed)));
        }
        let mut fates = HashMap::new();
        for step in recorded.iter().flat_map(|transcript| &transcript.steps) {
            let StepKind::Call(call) = &step.kind else { continue };
            let Some(rows) = call.parent.as_deref().and_then(|parent| rows.get_mut(parent)) else { continue };
            // Scripts spell names of MCP tools in their own way.
            let name = clean(&call.tool.name);
            let Some(at) = rows.iter().position(|(tool, _)| clean(tool) == name) else { continue };
            let (_, fate) = rows.remove(at);
            fates.extend(fate.map(|fate| (call.id.to_string(), fate)));
        }
        Self { fates }
    }

    /// Why a nested call failed, empty if it did not; `None` for what is no nested call or was not seen to end.
    pub(super) fn fate(&self, call: &str) -> Option<&str> {
        self.fates.get(call).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stay_in_front() {
        let script =
            watched("// @exec: {\"yield\": 1}\nconst r = await tools.exec_command({cmd: \"ls\"});\n");
        assert!(script.starts_with("// @exec: {\"yield\": 1}\nawait (async (tools_)"), "{script}");
        assert!(script.contains("})(watched);") && script.contains("exec_command({cmd"), "{script}");
    }

    #[test]
    fn what_the_watch_printed_is_read() {
        let answer = format!(
            "Script completed\nOutput:\nhello\n{MARK}[[\"exec_command\",\"\"],[\"mcp__t__x\",\"no\"],[\"y\",null]]\n"
        );
        let rows = printed(&answer).unwrap();
        assert_eq!(rows[0], ("exec_command".to_owned(), Some(String::new())));
        assert_eq!(rows[1], ("mcp__t__x".to_owned(), Some("no".to_owned())));
        assert_eq!(rows[2], ("y".to_owned(), None));
        assert_eq!(printed("nothing"), None);
        assert_eq!(printed(&format!("{MARK}[[")), None);
    }
}
