//! `masked.toml` of a task: where files of its repository hold what its recordings have masked. Imports write it; the
//! text that stands there is masked, and what was masked is in the repository alone.

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use crate::finding::Finding;
use crate::source::snapshot::{MaskedBlobs, MaskedPlace};
use crate::source::{ObjectId, Place, TextFile};

use super::files::reason;

/// Name of the file.
pub(super) const MASKED: &str = "masked.toml";
/// The one version of its format.
const FORMAT: u32 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMasked {
    format: toml::Spanned<u32>,
    #[serde(default)]
    blob: Vec<RawObject>,
    #[serde(default)]
    tree: Vec<RawObject>,
}

/// A file, or a folder with places in its names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawObject {
    id: toml::Spanned<String>,
    places: Vec<RawPlace>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlace {
    at: usize,
    length: usize,
    text: String,
}

/// Reads the file; `shown` is what reports call it.
pub(super) fn read_masked(path: &Path, shown: &str) -> Result<MaskedBlobs, Finding> {
    let help = "remove it and import the session again";
    let file = TextFile::read(path, shown)
        .map_err(|error| Finding::error("unreadable", reason(&error)).at(Place::file(shown)))?;
    let wrong =
        |at: usize, message: String| Finding::error("bad-masked-file", message).help(help).at(file.place(at));
    let raw: RawMasked = toml::from_str(file.text()).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        wrong(at, error.message().replace('\n', ", "))
    })?;
    if *raw.format.get_ref() != FORMAT {
        return Err(wrong(raw.format.span().start, format!("is not of format {FORMAT}")));
    }
    let mut masked = MaskedBlobs::default();
    let blobs = raw.blob.into_iter().map(|object| (false, object));
    for (is_tree, object) in blobs.chain(raw.tree.into_iter().map(|object| (true, object))) {
        let at = object.id.span().start;
        let full =
            Some(object.id.get_ref()).filter(|id| id.len() == 40).and_then(|id| ObjectId::from_str(id).ok());
        let id = full.ok_or_else(|| wrong(at, "an id has 40 hex digits".to_owned()))?;
        let places = object.places.into_iter();
        let places = places.map(|RawPlace { at, length, text }| MaskedPlace { at, length, text }).collect();
        let added = if is_tree { masked.add_tree(id, places) } else { masked.add(id, places) };
        added.map_err(|problem| wrong(at, problem))?;
    }
    Ok(masked)
}

/// The text of the file.
pub fn write_masked(masked: &MaskedBlobs) -> String {
    let mut text = format!(
        "# Where files of the repository hold what the recordings have masked, so that patches fit. Imports write it.\nformat = {FORMAT}\n"
    );
    let blobs = masked.iter().map(|one| ("blob", one));
    for (kind, (id, places)) in blobs.chain(masked.trees().map(|one| ("tree", one))) {
        let _ = writeln!(text, "\n[[{kind}]]\nid = \"{id}\"\nplaces = [");
        for MaskedPlace { at, length, text: masked } in places {
            let masked = toml::Value::from(masked.as_str());
            let _ = writeln!(text, "  {{ at = {at}, length = {length}, text = {masked} }},");
        }
        text.push_str("]\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<MaskedBlobs, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MASKED);
        std::fs::write(&path, text).unwrap();
        read_masked(&path, "t/masked.toml").map_err(|finding| finding.to_string())
    }

    #[test]
    fn what_is_written_is_read() {
        let mut masked = MaskedBlobs::default();
        let place = |at, text: &str| MaskedPlace { at, length: 3, text: text.to_owned() };
        masked
            .add(
                ObjectId::from_str(&"1".repeat(40)).unwrap(),
                vec![place(0, "4mk"), place(9, "a\"\n'é\\\u{1}")],
            )
            .unwrap();
        masked.add(ObjectId::from_str(&"2".repeat(40)).unwrap(), vec![place(7, "")]).unwrap();
        masked.add_tree(ObjectId::from_str(&"1".repeat(40)).unwrap(), vec![place(7, "4mk")]).unwrap();
        assert_eq!(read(&write_masked(&masked)).as_ref(), Ok(&masked));
        assert_eq!(read(&write_masked(&MaskedBlobs::default())), Ok(MaskedBlobs::default()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let id = "1".repeat(40);
        for (text, want) in [
            ("format = 2\n".to_owned(), "is not of format 1"),
            (String::new(), "format"),
            ("format = 1\nx = 1\n".to_owned(), "unknown field"),
            ("format = 1\n[[blob]]\nid = \"1f\"\nplaces = []\n".to_owned(), "40 hex digits"),
            (
                format!(
                    "format = 1\n[[blob]]\nid = \"{id}\"\nplaces = [{{ at = 5, length = 2, text = \"\" }}, {{ at = 6, length = 2, text = \"\" }}]\n"
                ),
                "begins before another one ends",
            ),
            (
                format!(
                    "format = 1\n[[blob]]\nid = \"{id}\"\nplaces = [{{ at = -5, length = 2, text = \"\" }}]\n"
                ),
                "t/masked.toml:4",
            ),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains(want) && error.contains("t/masked.toml"), "{error}");
        }
    }
}
