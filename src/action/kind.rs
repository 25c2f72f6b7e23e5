//! What any action would touch, and how it is named in reports.

use std::borrow::Cow;

use super::{Access, Action, Command, Effects, Opaque, Stdin, Target, patch, shell};

/// Longest label, in characters.
const MAX_LABEL: usize = 120;

impl Action<'_> {
    /// What the action would touch.
    ///
    /// A web search is made by the model provider and touches nothing here. What a code-mode script does is told by
    /// the steps that follow it; here it is opaque. What is typed into a terminal is opaque, since the program that
    /// reads it is not known, unless it is nothing but control characters.
    pub fn effects(&self) -> Effects<'_> {
        let mut effects = Effects::default();
        match self {
            Self::Shell(command) => return shell::effects(command).effects,
            Self::Patch(text) => {
                if let Ok(patch) = patch::parse(text) {
                    return patch.effects();
                }
            }
            Self::Mcp(call) => {
                let (server, tool) = (Cow::Borrowed(&*call.server), Cow::Borrowed(&*call.tool));
                effects.add(Access::Call, Target::Tool { server, tool });
            }
            Self::Stdin(stdin) => {
                if !stdin.is_control() {
                    effects.mark_opaque(Opaque::Interpreter("terminal".to_owned()));
                }
            }
            Self::Spawn(spawn) => {
                let role = spawn.role.as_deref().unwrap_or_default();
                effects.add(Access::Spawn, Target::Agent(Cow::Borrowed(role)));
            }
            Self::ViewImage(path) => effects.add(Access::Read, Target::Path(Cow::Borrowed(&**path))),
            Self::Code(_) => effects.mark_opaque(Opaque::Interpreter("code mode".to_owned())),
            Self::WebSearch(_) | Self::Builtin(_) | Self::Unknown(_) | Self::Malformed { .. } => {}
        }
        effects
    }

    /// The kind of action in one word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Shell(_) => "shell",
            Self::Patch(_) => "patch",
            Self::Mcp(_) => "mcp",
            Self::Stdin(_) => "stdin",
            Self::WebSearch(_) => "web_search",
            Self::Spawn(_) => "spawn",
            Self::ViewImage(_) => "view_image",
            Self::Code(_) => "code",
            Self::Builtin(_) => "builtin",
            Self::Unknown(_) => "unknown",
            Self::Malformed { .. } => "malformed",
        }
    }

    /// One short line for people: at most 120 characters, control and direction characters escaped.
    pub fn label(&self) -> Cow<'_, str> {
        match self {
            Self::Shell(shell) => match &shell.command {
                Command::Script { text, .. } => short(text),
                Command::Argv(words) => short_owned(&words.join(" ")),
            },
            Self::Patch(text) => short_owned(&patch_label(text)),
            Self::Mcp(call) => short_owned(&format!("{}/{}", call.server, call.tool)),
            Self::Stdin(stdin) if stdin.chars.is_empty() => Cow::Borrowed("wait for output"),
            Self::Stdin(stdin) => short_owned(&format!("type {}", stdin.chars)),
            Self::WebSearch(query) => short_owned(&format!("web search {query}")),
            Self::Spawn(spawn) => short_owned(&format!("spawn {}", spawn.role.as_deref().unwrap_or("agent"))),
            Self::ViewImage(path) => short_owned(&format!("view {path}")),
            Self::Code(text) => short(text),
            Self::Builtin(tool) | Self::Unknown(tool) => short_owned(&tool.to_string()),
            Self::Malformed { tool, .. } => short_owned(&format!("{tool} (malformed)")),
        }
    }
}

impl Stdin<'_> {
    /// Whether nothing is typed but control characters (such as Ctrl-C) and line ends.
    pub fn is_control(&self) -> bool {
        self.chars.chars().all(char::is_control)
    }
}

/// A text as one short line for people: at most 120 characters, control and direction characters escaped.
pub fn short_label(text: &str) -> Cow<'_, str> {
    short(text)
}

fn patch_label(text: &str) -> String {
    let Ok(patch) = patch::parse(text) else { return "patch (malformed)".to_owned() };
    let paths: Vec<&str> = patch.files.iter().map(|file| &*file.path).take(8).collect();
    let more = if patch.files.len() > paths.len() { ", …" } else { "" };
    format!("patch {}{more}", paths.join(", "))
}

/// Characters that could move the cursor, hide text or turn its direction round.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn short(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_LABEL && !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    short_owned(text)
}

fn short_owned(text: &str) -> Cow<'static, str> {
    let mut label = String::with_capacity(MAX_LABEL * 2);
    let mut length = 0;
    for c in text.trim().chars() {
        let escaped = if is_unsafe(c) { c.escape_default().to_string() } else { c.to_string() };
        let width = escaped.chars().count();
        if length + width > MAX_LABEL - 1 {
            label.push('…');
            break;
        }
        label.push_str(&escaped);
        length += width;
    }
    Cow::Owned(label)
}
