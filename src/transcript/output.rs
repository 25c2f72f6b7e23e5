use std::borrow::Cow;

use super::json;

/// What the model was answered to a call, as the JSON text in the recording; decoded on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output<'t> {
    raw: &'t str,
    /// What the tool itself put out, without what Codex says about it.
    pub(super) captured: bool,
}

impl<'t> Output<'t> {
    /// What Codex answered the model, as JSON text.
    pub(super) fn answer(raw: &'t str) -> Self {
        Self { raw, captured: false }
    }

    /// What a tool put out, as JSON text, noted beside the answer or in its place.
    pub(super) fn captured(raw: &'t str) -> Self {
        Self { raw, captured: true }
    }

    /// The JSON text: a string, a list of content parts, or an object that holds one as `content`.
    pub fn raw(&self) -> &'t str {
        self.raw
    }

    /// The text that the model saw; parts are joined by newlines, images left out.
    pub fn text(&self) -> Cow<'t, str> {
        if let Some(text) = json::string(self.raw) {
            return text;
        }
        let parts = if self.raw.starts_with('[') {
            self.raw
        } else {
            let content = json::Object::parse(self.raw).and_then(|object| object.get("content"));
            content.unwrap_or(self.raw)
        };
        let mut texts = json::elements(parts).filter_map(|part| json::Object::parse(part)?.text("text"));
        let Some(first) = texts.next() else {
            return Cow::Borrowed(if parts.starts_with('[') { "" } else { self.raw });
        };
        texts.fold(first, |all, text| Cow::Owned(all.into_owned() + "\n" + &text))
    }

    /// The first text parts, still escaped; enough to see what Codex itself says in front of a tool's output.
    pub(super) fn head(&self) -> [&'t str; 2] {
        let mut head = [""; 2];
        if let Some(text) = json::word(self.raw) {
            head[0] = text;
            return head;
        }
        for (slot, part) in head.iter_mut().zip(json::elements(self.raw)) {
            if let Some(object) = json::Object::parse(part) {
                *slot = object.word("text");
            }
        }
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_forms_are_joined() {
        for (raw, want) in [
            (r#""a\nb""#, "a\nb"),
            (
                r#"[{"type":"input_text","text":"a"},{"type":"input_image"},{"type":"input_text","text":"b"}]"#,
                "a\nb",
            ),
            (r#"[{"type":"input_image"}]"#, ""),
            (r#"{"content":[{"type":"text","text":"a"}],"structured_content":null}"#, "a"),
            (r#"{"x":1}"#, r#"{"x":1}"#),
        ] {
            assert_eq!(Output::answer(raw).text(), want, "{raw}");
        }
        assert_eq!(Output::answer(r#"["x",{"text":"a"}]"#).head(), ["", "a"]);
    }
}
