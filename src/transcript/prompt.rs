//! Tells what a person asked from what Codex put into the conversation in the person's name.

use std::borrow::Cow;

use super::json::{Object, elements};

/// Beginnings of texts that Codex itself puts into messages of role `user`.
const INJECTED: &[&str] = &[
    "# AGENTS.md instructions for ",
    "<INSTRUCTIONS>",
    "<apps_instructions>",
    "<collaboration_mode>",
    "<goal_context>",
    "<hook_context>",
    "<memory>",
    "<model_switch>",
    "<personality_spec>",
    "<permissions instructions>",
    "<plugins_instructions>",
    "<realtime_conversation>",
    "<recommended_plugins>",
    "<skills_instructions>",
    "<subagent_notification>",
    "<tools>",
    "<turn_aborted>",
    "<turn_context>",
    "<user_action>",
    "<user_instructions>",
    "<user_shell_command>",
    "Warning: The maximum number of unified exec processes",
    "Warning: apply_patch was requested via ",
    "Warning: Your account was flagged for potentially high-risk",
    "Warning: Your session history is growing",
];

/// Marks around images in messages.
const IMAGE_MARKS: &[&str] = &["<image", "</image>"];

/// One part of a message of role `user`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// Words of the person.
    Asked(Cow<'t, str>),
    /// A skill's text, put in on request; holds the skill's full name.
    Skill(Cow<'t, str>),
    /// What `<environment_context>` says.
    Environment(Cow<'t, str>),
    /// What a Stop hook told the agent to do.
    Continuation(Cow<'t, str>),
    /// Anything else that Codex put in.
    Injected,
}

/// Sorts one text.
pub(super) fn part(text: Cow<'_, str>) -> Part<'_> {
    let start = text.trim_start();
    if !start.starts_with(['<', '#', 'W']) {
        return Part::Asked(text);
    }
    if start.starts_with("<environment_context>") {
        return Part::Environment(text);
    }
    if start.starts_with("<skill>") {
        let name = start.split_once("<name>").and_then(|(_, rest)| rest.split_once("</name>"));
        return name.map_or(Part::Injected, |(name, _)| Part::Skill(Cow::Owned(name.trim().to_owned())));
    }
    if start.starts_with("<hook_prompt") {
        let said = start.split_once('>').map_or("", |(_, rest)| rest.trim_end());
        let said = said.strip_suffix("</hook_prompt>").unwrap_or(said);
        return Part::Continuation(Cow::Owned(said.to_owned()));
    }
    let is_mark =
        start.len() < 200 && IMAGE_MARKS.iter().any(|mark| start.starts_with(mark)) && start.ends_with('>');
    if is_mark || INJECTED.iter().any(|injected| start.starts_with(injected)) {
        return Part::Injected;
    }
    Part::Asked(text)
}

/// The texts of a message's `content`, be it a list of parts or a plain string.
pub(super) fn texts(content: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let plain = super::json::string(content);
    let parts = elements(content).filter_map(|part| {
        let part = Object::parse(part)?;
        part.text("text").or_else(|| part.text("Text"))
    });
    plain.into_iter().chain(parts)
}

/// All texts of a message's `content` as one.
pub(super) fn joined(content: &str) -> Cow<'_, str> {
    join(texts(content))
}

/// Texts as one, with newlines between.
pub(super) fn join<'t>(mut texts: impl Iterator<Item = Cow<'t, str>>) -> Cow<'t, str> {
    let first = texts.next().unwrap_or_default();
    texts.fold(first, |all, text| Cow::Owned(all.into_owned() + "\n" + &text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_codex_puts_in_is_no_prompt() {
        for text in INJECTED {
            assert_eq!(part(format!("\n{text} rest").into()), Part::Injected, "{text}");
        }
        for text in ["<image>", "</image>", "<image name=[Image #1]>"] {
            assert_eq!(part(text.into()), Part::Injected, "{text}");
        }
        assert!(matches!(part("<environment_context>\n<cwd>".into()), Part::Environment(_)));
        let skill = "<skill>\n<name>p:rev</name>\n<path>/x</path>\ntext</skill>";
        assert_eq!(part(skill.into()), Part::Skill("p:rev".into()));
        let hook = "<hook_prompt hook_run_id=\"stop:0:/h.json\">go on</hook_prompt>";
        assert_eq!(part(hook.into()), Part::Continuation("go on".into()));
        for text in [
            "fix it",
            "# Title",
            "<html> is broken",
            "Warning: this fails",
            "see <skill>",
            "<imagemagick fails",
        ] {
            assert_eq!(part(text.into()), Part::Asked(text.into()), "{text}");
        }
    }

    #[test]
    fn contents_of_all_forms() {
        assert_eq!(
            joined(r#"[{"type":"input_text","text":"a"},{"type":"input_image"},{"type":"Text","text":"b"}]"#),
            "a\nb"
        );
        assert_eq!(joined(r#""plain""#), "plain");
        assert_eq!(joined("[]"), "");
    }
}
