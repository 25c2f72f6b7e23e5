use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Versions of the Codex CLI whose answers the conformance tests compare.
pub const TESTED: &[&str] = &["0.169.0"];
/// Environment variable that names the program when no flag does.
pub const VARIABLE: &str = "PLUGIN_EVAL_CODEX";
/// Time that the program may take to tell its version.
const PATIENCE: Duration = Duration::from_secs(20);

/// The Codex CLI on this machine: the native program inside the npm package, or wherever it was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodexProgram {
    /// The native program.
    pub path: PathBuf,
    /// Folder of the programs that it ships for its commands (`rg`), if there is one.
    pub tools: Option<PathBuf>,
    /// What it says its version is.
    pub version: String,
}

/// Why the Codex CLI cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodexMissing {
    /// It is not there.
    #[error(
        "the Codex CLI is not installed: no `codex` on PATH; install it (npm package @openai/codex {}) or name it with \
         --codex PATH or {VARIABLE}",
        TESTED[0]
    )]
    NotFound,
    /// The named file is not there or no program.
    #[error("{path}: no Codex CLI: {reason}")]
    NotCodex {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl CodexProgram {
    /// Finds the program that was named, else the one that the environment names, else `codex` on `PATH`.
    ///
    /// The `codex` of npm is a script of Node that starts the native program of a platform package; the native one is
    /// taken, for Node is not needed then.
    pub fn find(named: Option<&Path>) -> Result<Self, CodexMissing> {
        let from_env = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let given = named.map(Path::to_owned).or(from_env);
        let start = match given {
            Some(path) => path,
            None => on_path().ok_or(CodexMissing::NotFound)?,
        };
        let wrong = |reason: String| CodexMissing::NotCodex { path: start.display().to_string(), reason };
        let real = std::fs::canonicalize(&start).map_err(|error| wrong(error.to_string()))?;
        let path = native(&real)
            .ok_or_else(|| wrong("no native program of a platform package lies beside it".to_owned()))?;
        let version = version(&path).map_err(wrong)?;
        Ok(Self { tools: tools(&path), path, version })
    }

    /// Do the conformance tests cover this version?
    pub fn tested(&self) -> bool {
        TESTED.contains(&self.version.as_str())
    }
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("codex")).find(|file| file.is_file())
}

/// The native program behind a file: the file itself, or that of the platform package when it is npm's script
/// (`@openai/codex/bin/codex.js`).
fn native(file: &Path) -> Option<PathBuf> {
    if file.is_dir() {
        return below_packages(file);
    }
    if file.extension().is_none_or(|extension| extension != "js") {
        return Some(file.to_owned());
    }
    // .../node_modules/@openai/codex/bin/codex.js, or one more `node_modules` inside the package.
    let package = file.parent()?.parent()?;
    below_packages(&package.join("node_modules/@openai")).or_else(|| below_packages(package.parent()?))
}

/// `<scope>/codex-<platform>/vendor/<triple>/bin/codex`.
fn below_packages(scope: &Path) -> Option<PathBuf> {
    let mut found = Vec::new();
    for package in children(scope) {
        let named = package.file_name().is_some_and(|name| name.to_string_lossy().starts_with("codex"));
        if named {
            found.extend(
                children(&package.join("vendor"))
                    .into_iter()
                    .map(|triple| triple.join("bin/codex"))
                    .filter(|file| file.is_file()),
            );
        }
    }
    let machine = std::env::consts::ARCH;
    found.sort();
    found.iter().find(|path| path.to_string_lossy().contains(machine)).or(found.first()).cloned()
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// `vendor/<triple>/codex-path` beside `vendor/<triple>/bin`.
fn tools(program: &Path) -> Option<PathBuf> {
    let folder = program.parent()?.parent()?.join("codex-path");
    folder.is_dir().then_some(folder)
}

/// Asks for the version: `codex-cli 0.169.0`.
fn version(program: &Path) -> Result<String, String> {
    let mut child = Command::new(program)
        .arg("--version")
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("it cannot be started: {error}"))?;
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if start.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err("it does not tell its version".to_owned());
            }
        }
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let told = text.trim().strip_prefix("codex-cli ").or_else(|| text.trim().strip_prefix("codex "));
    let plain = |version: &&str| {
        !version.is_empty() && version.len() < 64 && version.chars().all(|c| c.is_ascii_graphic())
    };
    told.filter(plain)
        .map(str::to_owned)
        .ok_or_else(|| "what it prints for --version is not Codex's".to_owned())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn program(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_native_program_behind_npms_script_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let scope = folder.path().join("node_modules/@openai");
        let script = scope.join("codex/bin/codex.js");
        program(&script, "#!/usr/bin/env node\n");
        let native = scope.join("codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex");
        program(&native, "#!/bin/sh\necho codex-cli 0.169.0\n");
        std::fs::create_dir_all(native.parent().unwrap().parent().unwrap().join("codex-path")).unwrap();
        let bin = folder.path().join("bin/codex");
        std::fs::create_dir_all(bin.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&script, &bin).unwrap();
        for named in [&script, &bin, &native, &scope] {
            let found = CodexProgram::find(Some(named)).unwrap();
            assert_eq!(found.version, "0.169.0");
            assert!(found.tested() && found.tools.is_some());
            assert!(found.path.ends_with("codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"));
        }
    }

    #[test]
    fn what_is_not_codex_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("codex");
        program(&other, "#!/bin/sh\necho something else\n");
        let error = CodexProgram::find(Some(&other)).unwrap_err().to_string();
        assert!(error.contains("not Codex's"), "{error}");
        let error = CodexProgram::find(Some(&folder.path().join("none"))).unwrap_err().to_string();
        assert!(error.contains("No such file"), "{error}");
    }
}
