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
pub struct RecordedTools(BTreeMap<String, BTreeMap<String, Annotations>>);

impl RecordedTools {
    /// Reads `{"<server>": {"tools": [{"name", "annotations": {…}}]}}`; what does not fit is an error finding.
    pub fn read(file: &TextFile, findings: &mut Vec<Finding>) -> Self {
        let Some(root) = read_json(file, findings) else { return Self::default() };
        let mut servers = BTreeMap::new();
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
                    Some(name) => drop(tools.insert(name.value, annotations(tool, findings))),
                    None => findings.push(tool.wrong_type("a tool", "an object with `name`")),
                }
            }
            servers.insert(name.to_owned(), tools);
        }
        Self(servers)
    }

    /// The tools of a server, if its list was recorded.
    pub fn of(&self, server: &str) -> Option<&BTreeMap<String, Annotations>> {
        self.0.get(server)
    }

    /// Names of the servers that were recorded.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn annotations(tool: &Node, findings: &mut Vec<Finding>) -> Annotations {
    let mut hint = |key| tool.typed::<bool>(&["annotations", key], findings).map(|hint| hint.value);
    Annotations {
        read_only: hint("readOnlyHint"),
        destructive: hint("destructiveHint"),
        open_world: hint("openWorldHint"),
    }
}
