//! What was copied is looked at once more before the suite appears: it will be committed and read by many.

use std::fs;
use std::path::Path;

use anyhow::Context;
use plugin_eval::finding::Finding;
use plugin_eval::mask::{Rules, Tripwire};
use plugin_eval::source::Place;

/// A finding for each secret in the files below `draft`, but in those that are allowed by name. They are not masked: a
/// plugin with other bytes is another plugin.
pub(super) fn left(draft: &Path, allowed: &[String]) -> anyhow::Result<Vec<Finding>> {
    let mut rules = Rules::default();
    rules.allow_blobs(allowed.iter().cloned());
    let tripwire = Tripwire::without_key(rules);
    let mut findings = Vec::new();
    let mut left = vec![draft.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            let name = path.strip_prefix(draft).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let bytes = fs::read(&path).with_context(|| name.clone())?;
            if let Some(alarm) = tripwire.scan_blob(&name, &bytes).into_iter().next() {
                let place = Place { file: name.as_str().into(), line: alarm.line, column: alarm.column };
                let word = shlex::try_quote(&name).map_or(name.clone(), std::borrow::Cow::into_owned);
                let help = format!("take it out, or copy it if it is none: --allow-secret {word}");
                let message = format!("the suite would hold a secret ({})", alarm.kind);
                findings.push(Finding::error("secret", message).at(place).help(help));
            }
        }
    }
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(findings)
}
