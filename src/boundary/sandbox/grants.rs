use super::entry::{DenyGlob, Grant, is_glob};
use super::files::Files;
use super::location::{Anchor, Location};
use crate::decision::Rule;
use crate::finding::{Finding, closest};
use crate::plugin::config::{Node, Table, Value};

/// Special paths that a profile may name.
const SPECIAL: [&str; 6] =
    [":root", ":minimal", ":workspace_roots", ":project_roots", ":tmpdir", ":slash_tmp"];

/// Reads what a profile grants in its `filesystem` table.
pub(super) fn files(name: &str, profile: &Node, rule: &Rule, findings: &mut Vec<Finding>) -> Files {
    let mut reader =
        Reader { name, chosen: rule, files: Files::default(), extra_roots: Vec::new(), findings };
    reader.extra_roots(profile);
    let table = profile.get(&["filesystem"]).and_then(Node::read::<&Table>);
    for (path, node) in table.into_iter().flatten().filter(|(path, _)| *path != "glob_scan_max_depth") {
        reader.path(path, node);
    }
    let depth = profile.get(&["filesystem", "glob_scan_max_depth"]);
    let most = depth.and_then(Node::read::<u64>).filter(|most| *most > 0);
    if let (Some(depth), None) = (depth, most) {
        reader.problem(
            depth,
            "`glob_scan_max_depth` must be a whole number from 1".to_owned(),
            "write 1 or more",
        );
    }
    let Reader { mut files, .. } = reader;
    for glob in &mut files.globs {
        glob.max_depth = most.and_then(|most| usize::try_from(most).ok());
    }
    if files.entries.is_empty() {
        findings.push(
            Finding::warning(
                "permissions",
                format!("profile `{name}` grants no path; no command can run in it"),
            )
            .at(profile.place.clone())
            .help("extend :read-only or :workspace, or grant paths under `filesystem`"),
        );
    }
    files
}

/// Reads the `filesystem` table of a profile.
struct Reader<'f> {
    name: &'f str,
    chosen: &'f Rule,
    files: Files,
    extra_roots: Vec<Location>,
    findings: &'f mut Vec<Finding>,
}

impl Reader<'_> {
    fn problem(&mut self, at: &Node, message: String, help: &str) {
        self.findings.push(Finding::error("permissions", message).at(at.place.clone()).help(help));
    }

    /// `[permissions.<name>.workspace_roots]`: more folders that count as workspace roots.
    fn extra_roots(&mut self, profile: &Node) {
        for (path, node) in profile.entries(&["workspace_roots"], self.findings) {
            if node.read::<bool>() == Some(true) {
                let root = Location::parse(path).unwrap_or_else(|| Location::new(Anchor::Workspace, path));
                self.extra_roots.push(root);
            }
        }
    }

    fn path(&mut self, path: &str, node: &Node) {
        let anchor = match path {
            ":root" => Some(Location::new(Anchor::Root, "")),
            ":workspace_roots" | ":project_roots" => Some(Location::new(Anchor::Workspace, "")),
            ":tmpdir" => Some(Location::new(Anchor::Tmpdir, "")),
            ":slash_tmp" => Some(Location::new(Anchor::Root, "tmp")),
            ":minimal" => {
                if self.grant(path, node).is_some_and(|grant| grant != Grant::Deny) {
                    let rule = self.rule(path, Grant::Read, node);
                    self.files.add_platform(&rule);
                }
                return;
            }
            _ if path.starts_with(':') => {
                let help = closest(path, SPECIAL)
                    .map_or_else(|| "remove it".to_owned(), |one| format!("did you mean `{one}`?"));
                let finding = Finding::warning(
                    "permissions",
                    format!("Codex ignores the unknown special path `{path}`"),
                );
                self.findings.push(finding.at(node.place.clone()).help(help));
                return;
            }
            _ => None,
        };
        match (&node.value, anchor) {
            (Value::Table(_), Some(anchor)) if anchor.anchor != Anchor::Workspace => {
                self.problem(
                    node,
                    format!("`{path}` takes no paths below it"),
                    "write a grant: read, write or deny",
                );
            }
            (Value::Table(table), Some(anchor)) => self.scoped(path, &anchor, table),
            (Value::Table(table), None) => match Location::parse(path) {
                Some(anchor) => self.scoped(path, &anchor, table),
                None => self.relative(path, node),
            },
            (_, Some(anchor)) => self.simple(path, anchor, node),
            (_, None) => self.plain(path, node),
        }
    }

    fn relative(&mut self, path: &str, node: &Node) {
        let message = format!("the path `{path}` is relative");
        self.problem(node, message, "write it absolute, from `~/`, or below \":workspace_roots\"");
    }

    /// A top-level path, which may be a pattern.
    fn plain(&mut self, path: &str, node: &Node) {
        let Some(location) = Location::parse(path) else { return self.relative(path, node) };
        let Some(grant) = self.grant(path, node) else { return };
        match subtree(path, grant) {
            Some(prefix) => {
                if let Some(location) = Location::parse(prefix) {
                    self.simple(path, location, node);
                }
            }
            None if is_glob(path) => {
                let anchor = Location::new(location.anchor, "");
                let pattern = path.trim_start_matches('~').trim_start_matches('/').to_owned();
                self.glob(path, anchor, &pattern, grant, node);
            }
            None => self.simple(path, location, node),
        }
    }

    /// Paths below an anchor.
    fn scoped(&mut self, anchor_text: &str, anchor: &Location, table: &Table) {
        for (path, node) in table {
            let shown = format!("{anchor_text}/{path}");
            if path == "." {
                self.simple(&shown, anchor.clone(), node);
                continue;
            }
            if path.starts_with("~/") {
                self.plain(path, node);
                continue;
            }
            let parts = path.trim_end_matches('/');
            if parts.is_empty()
                || path.starts_with('/')
                || parts.split('/').any(|part| part == "." || part == "..")
            {
                let message = format!("`{path}` is no path below `{anchor_text}`");
                self.problem(
                    node,
                    message,
                    "write it without a leading `/`, `.` or `..`; the folder itself is \".\"",
                );
                continue;
            }
            let Some(grant) = self.grant(&shown, node) else { continue };
            match subtree(parts, grant) {
                Some(prefix) => self.simple(&shown, anchor.join(prefix), node),
                None if is_glob(parts) => self.glob(&shown, anchor.clone(), parts, grant, node),
                None => self.simple(&shown, anchor.join(parts), node),
            }
        }
    }

    fn simple(&mut self, shown: &str, location: Location, node: &Node) {
        let Some(grant) = self.grant(shown, node) else { return };
        if grant == Grant::Write && looks_like_a_file(&location) {
            let message = format!("`{shown}` opens a single file for writing");
            let help = "open the folder that holds it; where the file is there, Codex 0.169 runs no command in the sandbox";
            self.findings.push(Finding::warning("single-file", message).at(node.place.clone()).help(help));
        }
        let rule = self.rule(shown, grant, node);
        for place in self.places(&location) {
            self.files.add(place, grant, rule.clone());
        }
        self.files.add(location, grant, rule);
    }

    fn glob(&mut self, shown: &str, anchor: Location, pattern: &str, grant: Grant, node: &Node) {
        if grant != Grant::Deny {
            let message = format!("the pattern `{shown}` can only be denied");
            self.problem(
                node,
                message,
                "grant an exact path, or a folder with all below it by a final `/**`",
            );
            return;
        }
        let rule = self.rule(shown, grant, node);
        for anchor in self.places(&anchor).into_iter().chain([anchor]) {
            let below = format!("{}/{pattern}", anchor.below);
            let base = Location::new(anchor.anchor, "");
            let pattern = if anchor.below.is_empty() { pattern } else { &below };
            match DenyGlob::new(base, pattern, rule.clone()) {
                Ok(glob) => self.files.globs.push(glob),
                Err(error) => {
                    let message = format!("the pattern `{shown}` is not valid: {}", error.kind());
                    return self.problem(node, message, "check brackets and braces");
                }
            }
        }
    }

    /// The same place below every extra workspace root.
    fn places(&self, location: &Location) -> Vec<Location> {
        if location.anchor != Anchor::Workspace {
            return Vec::new();
        }
        self.extra_roots.iter().map(|root| root.join(&location.below)).collect()
    }

    fn grant(&mut self, shown: &str, node: &Node) -> Option<Grant> {
        let grant = node.read::<&str>().and_then(Grant::parse);
        if grant.is_none() {
            self.problem(
                node,
                format!("`{shown}` has no valid grant"),
                "write \"read\", \"write\" or \"deny\"",
            );
        }
        grant
    }

    fn rule(&self, shown: &str, grant: Grant, node: &Node) -> Rule {
        let text = format!("{}: \"{shown}\" = {}", self.name, grant.name());
        // Entries of built-in profiles have no file; the rule that chose the profile stands for them.
        let place =
            if node.place.file.is_empty() { self.chosen.place.clone() } else { Some(node.place.clone()) };
        Rule { place, text: text.into() }
    }
}

/// Does the name at the end look like that of a file? What lies there is known only when a task runs.
fn looks_like_a_file(location: &Location) -> bool {
    const FILES: [&str; 8] =
        ["Makefile", "Dockerfile", "LICENSE", "README", "Justfile", "Gemfile", "Rakefile", "Procfile"];
    let below = &*location.below;
    let name = below.rsplit('/').next().unwrap_or(below);
    let extension =
        name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, extension)| extension);
    let is_extension = |text: &str| {
        (1..=5).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !matches!(text, "d" | "git" | "app")
            && text.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let device =
        location.anchor == Anchor::Root && below.starts_with("dev/") && !below.starts_with("dev/shm");
    device
        || FILES.contains(&name)
        || matches!(name, ".env" | ".bashrc" | ".profile" | ".npmrc")
        || extension.is_some_and(is_extension)
}

/// The folder of a path that ends in `/**`, if that grants the folder and all below. A denied one is a pattern of
/// files (Codex 0.169).
fn subtree(path: &str, grant: Grant) -> Option<&str> {
    path.strip_suffix("/**").filter(|prefix| grant != Grant::Deny && !is_glob(prefix))
}

#[cfg(test)]
mod tests {
    use super::super::tests::compile;

    #[test]
    fn a_single_file_that_is_opened_is_named() {
        for (entry, named) in [
            ("\":workspace_roots\" = { \"README.md\" = \"write\" }", true),
            ("\":workspace_roots\" = { \"src/Makefile\" = \"write\" }", true),
            ("\"/etc/hosts.allow\" = \"write\"", true),
            ("\"/dev/null\" = \"write\"", true),
            ("\"~/.npmrc\" = \"write\"", true),
            ("\":workspace_roots\" = { \"README.md\" = \"read\", \".env\" = \"deny\" }", false),
            (
                "\":workspace_roots\" = { \"build\" = \"write\", \".cache\" = \"write\", \"v1.2\" = \"write\" }",
                false,
            ),
            ("\"/etc/conf.d\" = \"write\"", false),
            ("\"/srv/repo.git\" = \"write\"", false),
        ] {
            let text = format!(
                "default_permissions = \"x\"\n[permissions.x]\nextends = \":workspace\"\n[permissions.x.filesystem]\n{entry}\n"
            );
            let (_, findings) = compile(&text, "", None);
            let found: Vec<_> = findings.iter().filter(|finding| finding.code == "single-file").collect();
            assert_eq!(found.len(), usize::from(named), "{entry}: {findings:?}");
            assert!(found.iter().all(|finding| finding.place.as_ref().is_some_and(|place| place.line == 5)));
        }
    }
}
