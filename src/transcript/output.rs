use std::borrow::Cow;

use serde_json::value::RawValue;

/// What the model was answered to a call, as the JSON text in the recording; decoded on demand.
#[derive(Clone, Copy, Debug)]
pub struct Output<'t>(pub(super) &'t RawValue);

impl PartialEq for Output<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl<'t> Output<'t> {
    /// The JSON text: a string, or a list of content parts.
    pub fn raw(&self) -> &'t str {
        self.0.get()
    }

    /// The text that the model saw; parts are joined by newlines, images left out.
    pub fn text(&self) -> Cow<'t, str> {
        #[derive(serde::Deserialize)]
        struct Part<'p> {
            #[serde(borrow, default)]
            text: Option<Cow<'p, str>>,
        }
        let raw = self.0.get();
        if raw.starts_with('"') {
            return serde_json::from_str::<Text<'_>>(raw).map_or(Cow::Borrowed(raw), |text| text.0);
        }
        match serde_json::from_str::<Vec<Part<'_>>>(raw) {
            Ok(parts) => {
                let texts: Vec<_> = parts.into_iter().filter_map(|part| part.text).collect();
                Cow::Owned(texts.join("\n"))
            }
            Err(_) => Cow::Borrowed(raw),
        }
    }
}

#[derive(serde::Deserialize)]
struct Text<'p>(#[serde(borrow)] Cow<'p, str>);
