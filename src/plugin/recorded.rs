use std::collections::BTreeMap;

use super::config::{Node, read_json};
use crate::finding::Finding;
use crate::source::TextFile;

/// What a server says about a tool. A hint that is absent stays absent, for the approval rules tell it from `false`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Annotations {
    /// The tool changes nothing.
    pub read_only: Option<bool>,
    /// The tool may destroy something.
    pub destructive: Option<bool>,
    /// The tool reaches beyond a closed world, such as the web.
    pub open_world: Option<bool>,
}

/// Recorded answers to `tools/list`, by server and tool. A server without a recording is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedTools {
    tools: BTreeMap<String, BTreeMap<String, Annotations>>,
    results: BTreeMap<(String, String), ToolResult>,
}

/// What a tool answers, as far as hooks look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolResult {
    /// Its texts, joined by line ends.
    pub text: String,
    /// It says that it failed.
    pub is_error: bool,
}

impl RecordedTools {
    /// Reads `{"<server>": {"tools": [{"name", "annotations": {…}, "result": …}]}}`; what does not fit is an error
    /// finding. `result`, which servers do not give, states what the tool answers when a hook calls it: a text, or
    /// `{"content": [{"type": "text", "text": …}], "isError": …}`.
    pub fn read(file: &TextFile, findings: &mut Vec<Finding>) -> Self {
        let Some(root) = read_json(file, findings) else { return Self::default() };
        let mut servers = BTreeMap::new();
        let mut results = BTreeMap::new();
        for (name, server) in root.entries(&[], findings).collect::<Vec<_>>() {
            let Some(list) = server.typed::<&[Node]>(&["tools"], findings) else {
                if server.get(&["tools"]).is_none() {
                    findings.push(server.wrong_type(name, "an object with `tools`"));
                }
                continue;
            };
            let mut tools = BTreeMap::new();
            for tool in list.value {
                match tool.typed::<String>(&["name"], findings) {
                    Some(tool_name) => {
                        if let Some(result) = tool.get(&["result"]).and_then(|node| result(node, findings)) {
                            results.insert((name.to_owned(), tool_name.value.clone()), result);
                        }
                        tools.insert(tool_name.value, annotations(tool, findings));
                    }
                    None => findings.push(tool.wrong_type("a tool", "an object with `name`")),
                }
            }
            servers.insert(name.to_owned(), tools);
        }
        Self { tools: servers, results }
    }

    /// The tools of a server, if its list was recorded.
    pub fn of(&self, server: &str) -> Option<&BTreeMap<String, Annotations>> {
        self.tools.get(server)
    }

    /// What a tool answers to hooks, if that is stated.
    pub fn result(&self, server: &str, tool: &str) -> Option<&ToolResult> {
        self.results
            .iter()
            .find_map(|((known, name), result)| (known == server && name == tool).then_some(result))
    }

    /// Names of the servers that were recorded.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.tools.keys().map(String::as_str)
    }
}

fn result(node: &Node, findings: &mut Vec<Finding>) -> Option<ToolResult> {
    if let Some(text) = node.read::<&str>() {
        return Some(ToolResult { text: text.to_owned(), is_error: false });
    }
    let Some(parts) = node.typed::<&[Node]>(&["content"], findings) else {
        findings.push(node.wrong_type("result", "a text, or an object with `content`"));
        return None;
    };
    let texts: Vec<&str> =
        parts.value.iter().filter_map(|part| part.get(&["text"]).and_then(Node::read::<&str>)).collect();
    let is_error = node.typed::<bool>(&["isError"], findings).is_some_and(|flag| flag.value);
    Some(ToolResult { text: texts.join("\n"), is_error })
}

fn annotations(tool: &Node, findings: &mut Vec<Finding>) -> Annotations {
    let mut hint = |key| tool.typed::<bool>(&["annotations", key], findings).map(|hint| hint.value);
    Annotations {
        read_only: hint("readOnlyHint"),
        destructive: hint("destructiveHint"),
        open_world: hint("openWorldHint"),
    }
}
