//! Commands whose effect on files is plain from their text: here-documents and `sed -i` with substitutions, `mv`, `cp`
//! and `rm` of named files.
//!
//! Only scripts that run from top to bottom are read. Whatever is not understood is left to what effects tell: the file
//! was written, and what it holds is not known.

use std::sync::Arc;

use super::sed::Sed;
use crate::action::shell::SimpleCommand;
use crate::action::{Command, Dialect, Shell};
use crate::engine::touch::Locale;
use crate::source::Overlay;
use crate::source::snapshot::Content;

/// What a file holds afterwards; `None`: it is gone.
type Result = (String, Option<Arc<[u8]>>);

/// Words with which a script does not run from top to bottom.
const TURNS: &[&str] = &["if", "for", "while", "until", "case", "function", "||", "&", "exit", "trap"];
/// Programs whose commands are read here.
const PROGRAMS: &[&str] = &["sed", "gsed", "mv", "cp", "rm", "git", "cd", "cat", "tee"];

/// The files that a command writes or takes away in a plain way, with what they hold afterwards. `command` is one that
/// ended well, `commands` are the simple ones in it, `files` is how it found them.
pub(super) fn results(
    files: &Overlay,
    command: &Shell<'_>,
    commands: &[SimpleCommand<'_>],
    locale: Locale<'_>,
) -> Vec<Result> {
    let Some(script) = script(command) else { return Vec::new() };
    if !PROGRAMS.iter().any(|program| script.contains(program)) {
        return Vec::new();
    }
    let (documents, rest) = documents(script);
    if rest.split_whitespace().any(|word| TURNS.contains(&word))
        || rest.contains(['{', '`'])
        || rest.contains("$(")
    {
        return Vec::new();
    }
    let mut stage = Stage { files: files.clone(), folder: String::new(), locale, changed: Vec::new() };
    for document in documents {
        stage.write(&document);
    }
    for simple in commands {
        stage.run(simple);
    }
    stage.finish()
}

fn script<'s>(command: &'s Shell<'_>) -> Option<&'s str> {
    match &command.command {
        Command::Script { dialect: Dialect::Posix, text } => Some(text),
        Command::Script { .. } => None,
        Command::Argv(words) => match words.as_slice() {
            [shell, flag, script]
                if flag.starts_with('-') && flag.ends_with('c') && shell.ends_with("sh") =>
            {
                Some(script)
            }
            _ => None,
        },
    }
}

/// A here-document that goes into a file.
#[derive(Debug, PartialEq, Eq)]
struct Document<'s> {
    path: &'s str,
    append: bool,
    text: String,
}

/// Takes the here-documents out of a script; gives those that go into a file whole, and what is left of the script.
fn documents(script: &str) -> (Vec<Document<'_>>, String) {
    let mut found = Vec::new();
    let mut rest = String::new();
    let mut lines = script.split('\n');
    while let Some(line) = lines.next() {
        let Some((end, tabs, quoted)) = opener(line) else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let mut text = String::new();
        let mut closed = false;
        for line in lines.by_ref() {
            let line = if tabs { line.trim_start_matches('\t') } else { line };
            if line == end {
                closed = true;
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        rest.push_str(line.split("<<").next().unwrap_or_default());
        rest.push('\n');
        let plain = quoted || !text.contains(['$', '`', '\\']);
        if let Some((path, append)) = target(line).filter(|_| closed && plain) {
            found.push(Document { path, append, text });
        }
    }
    (found, rest)
}

/// The word that ends a here-document, whether tabs before its lines go, and whether its text is taken as it is.
fn opener(line: &str) -> Option<(&str, bool, bool)> {
    let (_, rest) = line.split_once("<<")?;
    if rest.starts_with('<') {
        return None;
    }
    let (tabs, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let word = match quote {
        Some(quote) => rest[1..].split(quote).next()?,
        None => rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()?,
    };
    (!word.is_empty()).then_some((word, tabs, quote.is_some()))
}

/// The file of `cat > FILE <<END`, `cat <<END > FILE` or `tee FILE <<END`, and whether the text goes behind what it holds.
fn target(line: &str) -> Option<(&str, bool)> {
    // What comes before has no output of its own into the file.
    let last = line.rsplit("&&").next()?.trim();
    let (program, rest) = last.split_once(|c: char| c.is_whitespace() || c == '>' || c == '<')?;
    let rest = &last[program.len()..last.len().min(program.len() + rest.len() + 1)];
    if rest.contains('|') || rest.contains(';') {
        return None;
    }
    let path = match program {
        "cat" => {
            let (_, after) = rest.split_once('>')?;
            let (append, after) = after.strip_prefix('>').map_or((false, after), |after| (true, after));
            let before = rest.split('>').next().unwrap_or_default().trim();
            let bare = before.is_empty() || before.starts_with("<<");
            bare.then(|| (after.split_whitespace().next().unwrap_or_default(), append))?
        }
        "tee" => {
            let words: Vec<&str> = rest.split("<<").next()?.split_whitespace().collect();
            match words.as_slice() {
                ["-a", path] => (*path, true),
                [path] => (*path, false),
                _ => return None,
            }
        }
        _ => return None,
    };
    let (path, append) = path;
    let path = path.trim_matches(['\'', '"']);
    is_plain(path).then_some((path, append))
}

fn is_plain(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('-')
        && !path.contains(['$', '*', '?', '[', '~', '`', '\'', '"', '<', '>', '\u{fffd}', '\\'])
}

/// The files while a script runs over them.
struct Stage<'s> {
    files: Overlay,
    /// Where the script went with `cd`.
    folder: String,
    locale: Locale<'s>,
    changed: Vec<String>,
}

impl Stage<'_> {
    fn at(&self, path: &str) -> String {
        self.locale.absolute_in(&self.folder, path)
    }

    fn write(&mut self, document: &Document<'_>) {
        let path = self.at(document.path);
        let mut text = document.text.clone();
        if document.append {
            match self.files.last_told(&path) {
                Content::Known(before) => text.insert_str(0, &String::from_utf8_lossy(&before)),
                Content::NoFile => {}
                Content::Unknown => return,
            }
        }
        if self.files.write(&path, text.into_bytes()).is_ok() {
            self.changed.push(path);
        }
    }

    fn run(&mut self, command: &SimpleCommand<'_>) {
        let words: Vec<&str> = command.words.iter().map(AsRef::as_ref).collect();
        match (&*command.program, words.as_slice()) {
            ("cd", [folder]) => (*folder).clone_into(&mut self.folder),
            ("sed" | "gsed", words) => self.sed(words),
            ("rm", [flags @ .., path]) | ("git", ["rm", flags @ .., path])
                if flags.iter().all(|flag| matches!(*flag, "-f" | "-q")) =>
            {
                self.remove(path);
            }
            ("mv", [flags @ .., from, to]) | ("git", ["mv", flags @ .., from, to])
                if flags.iter().all(|flag| *flag == "-f") =>
            {
                self.carry(from, to, true);
            }
            ("cp", [flags @ .., from, to]) if flags.iter().all(|flag| matches!(*flag, "-f" | "-p")) => {
                self.carry(from, to, false);
            }
            _ => {}
        }
    }

    fn remove(&mut self, path: &str) {
        let path = self.at(path);
        if self.files.remove(&path).is_ok() {
            self.changed.push(path);
        }
    }

    /// Moves or copies one file whose content is known.
    fn carry(&mut self, from: &str, to: &str, moves: bool) {
        if !is_plain(from) || !is_plain(to) || to.ends_with('/') {
            return;
        }
        let (from, to) = (self.at(from), self.at(to));
        let Content::Known(bytes) = self.files.last_told(&from) else { return };
        if self.files.write(&to, bytes).is_err() {
            return;
        }
        self.changed.push(to);
        if moves && self.files.remove(&from).is_ok() {
            self.changed.push(from);
        }
    }

    fn sed(&mut self, words: &[&str]) {
        let Some(sed) = Sed::parse(words) else { return };
        for path in &sed.files {
            let path = self.at(path);
            let Content::Known(bytes) = self.files.last_told(&path) else { continue };
            let Ok(text) = std::str::from_utf8(&bytes) else { continue };
            if self.files.write(&path, sed.apply(text).into_bytes()).is_ok() {
                self.changed.push(path);
            }
        }
    }

    fn finish(mut self) -> Vec<Result> {
        self.changed.sort();
        self.changed.dedup();
        let Self { files, changed, .. } = self;
        let told = |path: String| match files.last_told(&path) {
            Content::Known(bytes) => Some((path, Some(bytes))),
            _ if !crate::source::snapshot::Files::lookup(&files, &path).entry.exists() => Some((path, None)),
            _ => None,
        };
        changed.into_iter().filter_map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_go_into_files() {
        let of = |script: &str| {
            let (found, rest) = documents(script);
            let told =
                found.into_iter().map(|one| (one.path.to_owned(), one.append, one.text)).collect::<Vec<_>>();
            (told, rest.trim_end().to_owned())
        };
        let a = |path: &str, append: bool, text: &str| (path.to_owned(), append, text.to_owned());
        for (script, want) in [
            ("cat > a.py <<'EOF'\nx = $1\nEOF", vec![a("a.py", false, "x = $1\n")]),
            ("cat <<EOF > a.py\nx\nEOF\n", vec![a("a.py", false, "x\n")]),
            ("cat <<EOF > a.py\n$x\nEOF\n", vec![]),
            ("mkdir -p d && cat >> d/a <<-\"END\"\n\tx\n\tEND\nls", vec![a("d/a", true, "x\n")]),
            ("tee -a f <<E\nx\nE", vec![a("f", true, "x\n")]),
            ("tee f <<'E' >/dev/null\nx\nE", vec![a("f", false, "x\n")]),
            ("cat > a <<A\n1\nA\ncat > b <<B\n2\nB", vec![a("a", false, "1\n"), a("b", false, "2\n")]),
            ("cat > a <<A\n1\n", vec![]),
            ("cat > \"$dir/a\" <<A\n1\nA", vec![]),
            ("cat x <<A > a\n1\nA", vec![]),
            ("cat <<A | grep x > a\n1\nA", vec![]),
            ("grep x <<< text > a", vec![]),
        ] {
            assert_eq!(of(script).0, want, "{script}");
        }
        assert_eq!(of("cat > a <<'EOF'\nif x\nEOF\nls").1, "cat > a \nls");
    }

    proptest::proptest! {
        #[test]
        fn any_script_can_be_read(script: String) {
            let _ = documents(&script);
        }
    }
}
