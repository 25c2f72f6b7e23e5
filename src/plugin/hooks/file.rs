use super::definition;
use super::event::HookEvent;
use crate::finding::{Finding, closest};
use crate::plugin::config::{FromNode, Node, Placed, Table, Value};
use crate::source::Place;

/// Hooks that share a matcher.
#[derive(Clone, Debug, PartialEq)]
pub struct MatcherGroup {
    /// The event.
    pub event: HookEvent,
    /// Position among the groups of its event in its file; part of the key of trust.
    pub index: usize,
    /// The matcher; `None` matches all, and so do events that ignore matchers.
    pub matcher: Option<Placed<String>>,
    /// The hooks.
    pub handlers: Vec<Handler>,
}

/// One hook of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    /// Position in its group; part of the key of trust.
    pub index: usize,
    /// Where it is written.
    pub place: Place,
    /// What it does.
    pub kind: HandlerKind,
    /// Seconds that it may take.
    pub timeout: u64,
    /// It runs beside the tool and can never block.
    pub is_async: bool,
    /// What Codex shows while it runs.
    pub status_message: Option<String>,
    /// Most tokens of context that it may add.
    pub additional_context_limit: Option<u64>,
    /// First half of `hooks/list`'s `currentHash`: identity of the definition.
    pub definition_hash: String,
}

/// What a hook does.
#[derive(Clone, Debug, PartialEq)]
pub enum HandlerKind {
    /// Run a command in a shell; `${PLUGIN_ROOT}` and its like not yet replaced.
    Command(String),
    /// Call a tool of an MCP server.
    McpTool {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
        /// Arguments, placeholders not yet replaced.
        input: Value,
    },
}

/// Reads a hooks file: `description` and `hooks`, nothing else. `None` when Codex rejects it whole, with the reason
/// among the findings.
pub(super) fn hooks_file(node: &Node, findings: &mut Vec<Finding>) -> Option<Vec<MatcherGroup>> {
    let Some(table) = node.read::<&Table>() else {
        findings.push(node.wrong_type("the hooks file", "an object"));
        return None;
    };
    let unknown = table.iter().find(|(key, _)| !matches!(key.as_str(), "description" | "hooks"));
    if let Some((key, node)) = unknown {
        let text = format!("unknown field `{key}`, expected `description` or `hooks`");
        findings.push(
            Finding::error("hooks-field", text).at(node.place.clone()).help("put events under `hooks`"),
        );
        return None;
    }
    if let Err(wrong) = strict::<&str>(node, "description") {
        findings.push(wrong);
        return None;
    }
    let Some(hooks) = node.get(&["hooks"]) else { return Some(Vec::new()) };
    let groups = events(hooks, findings)?;
    warn_events(hooks, findings);
    Some(groups)
}

/// Is this the finding of a key that is written twice and that Codex reads? It then rejects the file.
pub(super) fn is_repeated_field(finding: &Finding) -> bool {
    let key = finding.message.split('`').nth(1).unwrap_or_default();
    let known = [
        "description",
        "hooks",
        "matcher",
        "type",
        "command",
        "commandWindows",
        "timeout",
        "async",
        "statusMessage",
        "additionalContextLimit",
        "server",
        "tool",
        "input",
    ];
    finding.code == "duplicate-key"
        && (known.contains(&key) || HookEvent::ALL.iter().any(|event| event.name() == key))
}

fn warn_events(hooks: &Node, findings: &mut Vec<Finding>) {
    let names: Vec<_> = HookEvent::ALL.iter().map(|event| event.name()).collect();
    for (key, node) in hooks.read::<&Table>().into_iter().flatten() {
        if names.contains(&key.as_str()) {
            continue;
        }
        let help = closest(key, names.iter().copied())
            .map_or_else(|| "remove it".to_owned(), |name| format!("did you mean `{name}`?"));
        let text = format!("Codex knows no hook event `{key}` and ignores it");
        findings.push(Finding::warning("unknown-event", text).at(node.place.clone()).help(help));
    }
}

/// Reads a table of events. `None` when any known event is not what Codex takes: it then rejects all of them.
pub(super) fn events(node: &Node, findings: &mut Vec<Finding>) -> Option<Vec<MatcherGroup>> {
    if node.read::<&Table>().is_none() {
        findings.push(node.wrong_type("hooks", "a table"));
        return None;
    }
    let mut groups = Vec::new();
    let mut skipped = Vec::new();
    for event in HookEvent::ALL {
        let Some(found) = node.get(&[event.name()]) else { continue };
        let Some(items) = found.read::<&[Node]>() else {
            findings.push(found.wrong_type(event.name(), "an array of groups"));
            return None;
        };
        for (index, item) in items.iter().enumerate() {
            groups.push(group(event, index, item, &mut skipped).map_err(|wrong| findings.push(wrong)).ok()?);
        }
    }
    findings.append(&mut skipped);
    Some(groups)
}

fn group(
    event: HookEvent,
    index: usize,
    node: &Node,
    skipped: &mut Vec<Finding>,
) -> Result<MatcherGroup, Finding> {
    if node.read::<&Table>().is_none() {
        return Err(node.wrong_type(event.name(), "an array of tables"));
    }
    let matcher = strict::<String>(node, "matcher")?.filter(|_| event.has_matcher());
    let handlers = present::<&[Node]>(node, "hooks")?.unwrap_or_default();
    let mut group = MatcherGroup { event, index, matcher, handlers: Vec::new() };
    for (index, item) in handlers.iter().enumerate() {
        if let Some(handler) = handler(&group, index, item, skipped)? {
            group.handlers.push(handler);
        }
    }
    Ok(group)
}

/// A field of the type that it must have; null counts as absent.
fn strict<'n, T: FromNode<'n>>(node: &'n Node, key: &str) -> Result<Option<Placed<T>>, Finding> {
    let mut findings = Vec::new();
    let value = node.typed(&[key], &mut findings);
    findings.pop().map_or(Ok(value), Err)
}

/// The same, but null is of a wrong type too.
fn present<'n, T: FromNode<'n>>(node: &'n Node, key: &str) -> Result<Option<T>, Finding> {
    let Some(found) = node.get(&[key]) else { return Ok(None) };
    found.read().map(Some).ok_or_else(|| found.wrong_type(key, T::EXPECTED))
}

fn required(node: &Node, key: &str) -> Result<String, Finding> {
    strict::<String>(node, key)?.map(|text| text.value).ok_or_else(|| {
        Finding::error("missing-field", format!("missing field `{key}`")).at(node.place.clone())
    })
}

fn skip(node: &Node, why: &str) -> Finding {
    Finding::warning("hook-skipped", format!("Codex skips this hook: {why}")).at(node.place.clone())
}

fn handler(
    group: &MatcherGroup,
    index: usize,
    node: &Node,
    skipped: &mut Vec<Finding>,
) -> Result<Option<Handler>, Finding> {
    let Some(kind) = kind(group.event, node, skipped)? else { return Ok(None) };
    let stated = node.get(&["timeout"]).and_then(Node::read::<u64>);
    let mut handler = Handler {
        index,
        place: node.place.clone(),
        timeout: group.event.timeout(stated),
        is_async: false,
        status_message: strict::<String>(node, "statusMessage")?.map(|text| text.value),
        additional_context_limit: None,
        definition_hash: String::new(),
        kind,
    };
    if stated.is_some_and(|seconds| seconds > handler.timeout) {
        skipped.push(adjusted(node, &format!("ends it after {} s", handler.timeout)));
    }
    let mut stated_async = false;
    if matches!(handler.kind, HandlerKind::Command(_)) {
        stated_async = present::<bool>(node, "async")?.unwrap_or(false);
        handler.is_async = stated_async && group.event != HookEvent::SessionEnd;
        if stated_async != handler.is_async {
            skipped.push(adjusted(node, "waits for it all the same"));
        }
        let limit = strict::<u64>(node, "additionalContextLimit")?.map(|limit| limit.value);
        handler.additional_context_limit = limit.filter(|_| group.event.takes_context());
        if handler.additional_context_limit != limit {
            skipped.push(adjusted(node, "ignores `additionalContextLimit`, for this event takes no context"));
        }
    }
    handler.definition_hash = definition::hash(group, &handler, stated_async);
    Ok(Some(handler))
}

/// A field of a wrong type rejects the whole file, even in a hook that is skipped.
fn check_types(node: &Node) -> Result<(), Finding> {
    strict::<u64>(node, "timeout")?;
    strict::<&str>(node, "statusMessage").map(drop)
}

/// What the hook does; `None` when Codex skips it, with the reason among `skipped`.
fn kind(event: HookEvent, node: &Node, skipped: &mut Vec<Finding>) -> Result<Option<HandlerKind>, Finding> {
    match required(node, "type")?.as_str() {
        "command" => {
            let command = required(node, "command")?;
            check_types(node)?;
            present::<bool>(node, "async")?;
            strict::<&str>(node, "commandWindows")?;
            strict::<u64>(node, "additionalContextLimit")?;
            let known = [
                "type",
                "command",
                "commandWindows",
                "command_windows",
                "timeout",
                "async",
                "statusMessage",
                "additionalContextLimit",
            ];
            node.warn_unknown("the hook", &known, skipped);
            if command.trim().is_empty() {
                skipped.push(skip(node, "its command is empty"));
                return Ok(None);
            }
            Ok(Some(HandlerKind::Command(command)))
        }
        "mcp_tool" => {
            check_types(node)?;
            mcp_tool(event, node, skipped)
        }
        name @ ("prompt" | "agent") => {
            skipped.push(skip(node, &format!("{name} hooks are not supported")));
            Ok(None)
        }
        other => {
            let known = ["command", "mcp_tool", "prompt", "agent"];
            let help = closest(other, known).map_or_else(
                || "use `command` or `mcp_tool`".to_owned(),
                |name| format!("did you mean `{name}`?"),
            );
            let place = node.get(&["type"]).map_or(&node.place, |node| &node.place).clone();
            Err(Finding::error("hook-type", format!("unknown hook type `{other}`")).at(place).help(help))
        }
    }
}

fn adjusted(node: &Node, what: &str) -> Finding {
    Finding::warning("hook-adjusted", format!("Codex {what}")).at(node.place.clone())
}

fn mcp_tool(
    event: HookEvent,
    node: &Node,
    skipped: &mut Vec<Finding>,
) -> Result<Option<HandlerKind>, Finding> {
    let (server, tool) = (required(node, "server")?, required(node, "tool")?);
    let known = ["type", "server", "tool", "input", "timeout", "statusMessage"];
    node.warn_unknown("the hook", &known, skipped);
    let input = strict::<&Table>(node, "input")?.map(|table| Value::Table(table.value.clone()));
    if input.as_ref().is_some_and(has_null) {
        return Err(Finding::error("hook-input", "`input` must not hold null").at(node.place.clone()));
    }
    let why = match () {
        () if event == HookEvent::SessionEnd => "SessionEnd takes no MCP tool hooks",
        () if server.is_empty() || tool.is_empty() => "its server and tool must not be empty",
        () => {
            let input = input.unwrap_or(Value::Table(Table::new()));
            return Ok(Some(HandlerKind::McpTool { server, tool, input }));
        }
    };
    skipped.push(skip(node, why));
    Ok(None)
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(|item| has_null(&item.value)),
        Value::Table(table) => table.values().any(|item| has_null(&item.value)),
        _ => false,
    }
}
