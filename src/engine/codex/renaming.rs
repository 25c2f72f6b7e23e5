//! Names of the recording that stand for others now: folders of a checkout, numbers of terminals.

use serde_json::{Value, json};

/// Replaces a folder where a path starts with it, and not where a longer name does.
pub(super) fn replace_folder(text: &str, old: &str, new: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let (before, found) = rest.split_at(at);
        let after = &found[old.len()..];
        let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let whole = !after.starts_with(part) && !before.ends_with(|c| part(c) || c == '/');
        replaced.push_str(before);
        replaced.push_str(if whole { new } else { old });
        rest = after;
    }
    replaced + rest
}

/// Replaces a terminal's number where arguments name a terminal, and nowhere else.
pub(super) fn replace_number(arguments: &str, old: &str, new: &str) -> String {
    let Ok(mut read) = serde_json::from_str::<Value>(arguments) else { return arguments.to_owned() };
    let mut changed = false;
    for key in ["session_id", "cell_id"] {
        let same = match &read[key] {
            Value::Number(number) => number.to_string() == old,
            Value::String(text) => text == old,
            _ => false,
        };
        if same {
            let number = new.parse::<i64>().map_or_else(|_| json!(new), |number| json!(number));
            read[key] = if read[key].is_string() { json!(new) } else { number };
            changed = true;
        }
    }
    if changed { read.to_string() } else { arguments.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_folder_is_replaced_as_a_whole() {
        for (text, want) in [
            ("cat /opt/app/x", "cat /workspace/x"),
            ("cd /opt/app && ls", "cd /workspace && ls"),
            ("ls /opt/app2 /opt/app-old x/opt/app", "ls /opt/app2 /opt/app-old x/opt/app"),
            ("'/opt/app'", "'/workspace'"),
        ] {
            assert_eq!(replace_folder(text, "/opt/app", "/workspace"), want);
        }
    }
}
