//! The repository that generated sessions ran in.

use std::path::Path;
use std::process::Command;

/// Writes a git bundle with one commit and returns the commit's id.
pub fn create(bundle: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    for file in [
        "src/main.rs",
        "src/lib.rs",
        "src/report/table.rs",
        "docs/guide.md",
        "README.md",
        "Cargo.toml",
        "tests/cli.rs",
    ] {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("// {file}\n")).unwrap();
    }
    for n in 0..500 {
        let path = folder.path().join(format!("src/gen/module_{n}.rs"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("pub const N: u32 = {n};\n")).unwrap();
    }
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=dev",
                "-c",
                "user.email=dev@example.org",
                "-c",
                "init.defaultBranch=main",
            ])
            .args(args)
            .env("GIT_AUTHOR_DATE", "2026-05-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-05-01T00:00:00Z")
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "Start"]);
    let commit = git(&["rev-parse", "HEAD"]);
    std::fs::create_dir_all(bundle.parent().unwrap()).unwrap();
    let target = std::path::absolute(bundle).unwrap();
    git(&["bundle", "create", "-q", target.to_str().unwrap(), "main"]);
    commit
}
