//! Reading `[role.formatter]`: the program whose output a formatting role must give.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::fields::{Fields, Problems};

/// The program that decides how files look.
#[derive(Clone, Debug)]
pub struct Formatter {
    /// The program and its arguments; `{path}` stands for the file, relative to the top of the snapshot.
    pub command: Vec<String>,
    /// It writes the file instead of printing it.
    pub in_place: bool,
    /// Files that are the formatter's.
    files: GlobSet,
    /// Of these, files that are not.
    except: GlobSet,
}

impl Formatter {
    /// Is a file of the snapshot the formatter's?
    pub fn formats(&self, path: &str) -> bool {
        self.files.is_match(path) && !self.except.is_match(path)
    }
}

const KEYS: &[&str] = &["command", "output", "files", "except"];

/// Where the name of the file goes.
pub const PATH: &str = "{path}";

/// Reads `[role.formatter]`.
pub(super) fn read_formatter(role: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<Formatter> {
    let fields = role.table("formatter", "[role.formatter]", KEYS, problems)?;
    let command = fields.texts("command", problems);
    if fields.get("command").is_none() {
        fields.missing("command", problems);
    }
    if let Some(first) = command.first()
        && !command.iter().any(|word| word.value.contains(PATH))
    {
        let help = "write `{path}` where the name of the file goes";
        problems.error(&first.span, "no-path", "the formatter is not told which file", help);
    }
    let in_place = match fields.text("output", problems) {
        None => false,
        Some(text) => match text.value {
            "stdout" => false,
            "file" => true,
            other => {
                let message = format!("`{other}` is no place for the formatter's output");
                let help = "write `stdout` if it prints the file, `file` if it changes it in place";
                problems.error(&text.span, "bad-output", message, help);
                false
            }
        },
    };
    let files = read_globs(&fields, "files", problems);
    let except = read_globs(&fields, "except", problems);
    let files = if fields.get("files").is_some() { files } else { everything() };
    let command: Vec<String> = command.iter().map(|word| word.value.to_owned()).collect();
    (!command.is_empty()).then_some(Formatter { command, in_place, files, except })
}

fn everything() -> GlobSet {
    Glob::new("**").ok().and_then(|all| GlobSetBuilder::new().add(all).build().ok()).unwrap_or_default()
}

fn read_globs(fields: &Fields<'_, '_>, key: &'static str, problems: &mut Problems<'_>) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for text in fields.texts(key, problems) {
        match globset::GlobBuilder::new(text.value).literal_separator(true).build() {
            Ok(glob) => drop(set.add(glob)),
            Err(error) => {
                let message = format!("`{}` is not a pattern: {}", text.value, error.kind());
                let help = "patterns are those of .gitignore, such as `src/**/*.rs`";
                problems.error(&text.span, "bad-pattern", message, help);
            }
        }
    }
    set.build().unwrap_or_default()
}
