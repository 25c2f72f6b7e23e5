//! Scripts with the file that Codex 0.169.0 asked to change when it took them for a patch; `None` where it asked to
//! run a command. Asked of the real CLI through its app-server under the `untrusted` policy.

use super::super::intercept::{Taken, taken};
use super::{line, shell};

const P: &str = "*** Begin Patch\n*** Add File: n.txt\n+a\n*** End Patch";

/// `@P@` stands for the patch [`P`].
#[rustfmt::skip]
const ASKED: &[(&str, Option<&str>)] = &[
    ("apply_patch <<'EOF'\n@P@\nEOF", Some("n.txt")),
    ("apply_patch <<'EOF'\n@P@\nEOF\n", Some("n.txt")),
    ("apply_patch <<EOF\n@P@\nEOF", Some("n.txt")),
    ("apply_patch <<\"EOF\"\n@P@\nEOF", Some("n.txt")),
    ("apply_patch << 'EOF'\n@P@\nEOF", Some("n.txt")),
    ("apply_patch <<'PATCH'\n@P@\nPATCH", Some("n.txt")),
    ("applypatch <<'EOF'\n@P@\nEOF", Some("n.txt")),
    ("apply_patch <<-'EOF'\n@P@\nEOF", Some("n.txt")),
    ("cd sub && apply_patch <<'EOF'\n@P@\nEOF", Some("sub/n.txt")),
    ("cd sub; apply_patch <<'EOF'\n@P@\nEOF", None),
    ("cd 'sub x' && apply_patch <<'EOF'\n@P@\nEOF", Some("sub x/n.txt")),
    ("cd \"sub x\" && apply_patch <<'EOF'\n@P@\nEOF", Some("sub x/n.txt")),
    ("cd $X && apply_patch <<'EOF'\n@P@\nEOF", None),
    ("cd /tmp && apply_patch <<'EOF'\n@P@\nEOF", Some("/tmp/n.txt")),
    ("cd a && cd b && apply_patch <<'EOF'\n@P@\nEOF", None),
    ("cd sub || apply_patch <<'EOF'\n@P@\nEOF", None),
    ("cd sub && apply_patch <<'EOF' && ls\n@P@\nEOF", None),
    ("cd sub && apply_patch <<'EOF'\n@P@\nEOF\nls", None),
    ("apply_patch <<'EOF'\n@P@\nEOF\nls", None),
    ("apply_patch <<'EOF' && ls\n@P@\nEOF", None),
    ("apply_patch <<'EOF' | cat\n@P@\nEOF", None),
    ("apply_patch <<'EOF' > f\n@P@\nEOF", None),
    ("ls && apply_patch <<'EOF'\n@P@\nEOF", None),
    ("set -e\napply_patch <<'EOF'\n@P@\nEOF", None),
    ("  apply_patch <<'EOF'\n@P@\nEOF", Some("n.txt")),
    ("\napply_patch <<'EOF'\n@P@\nEOF", Some("n.txt")),
    ("# c\napply_patch <<'EOF'\n@P@\nEOF", None),
    ("apply_patch '@P@'", None),
    ("apply_patch \"@P@\"", None),
    ("apply_patch @P@", None),
    ("echo '@P@' | apply_patch", None),
    ("cat <<'EOF' | apply_patch\n@P@\nEOF", None),
    ("apply_patch < p", None),
    ("apply_patch <<< '@P@'", None),
    ("apply_patch", None),
    ("apply_patch x <<'EOF'\n@P@\nEOF", None),
    ("./apply_patch <<'EOF'\n@P@\nEOF", None),
    ("/usr/bin/apply_patch <<'EOF'\n@P@\nEOF", None),
    ("'apply_patch' <<'EOF'\n@P@\nEOF", None),
    ("\"apply_patch\" <<'EOF'\n@P@\nEOF", None),
    ("\\apply_patch <<'EOF'\n@P@\nEOF", None),
    ("sudo apply_patch <<'EOF'\n@P@\nEOF", None),
    ("env apply_patch <<'EOF'\n@P@\nEOF", None),
    ("A=b apply_patch <<'EOF'\n@P@\nEOF", Some("n.txt")),
    ("(apply_patch <<'EOF'\n@P@\nEOF\n)", None),
    ("{ apply_patch <<'EOF'\n@P@\nEOF\n}", None),
    ("bash -lc \"apply_patch <<'EOF'\n@P@\nEOF\"", None),
    ("! apply_patch <<'EOF'\n@P@\nEOF", None),
    ("apply_patch <<'EOF' &\n@P@\nEOF", None),
    ("apply_patch <<'EOF';\n@P@\nEOF", None),
    ("apply_patch <<'EOF' # c\n@P@\nEOF", None),
    ("apply_patch <<'EOF'\n\n@P@\n\nEOF", Some("n.txt")),
    ("apply_patch <<'EOF'\n@P@", None),
    ("apply_patch <<EOF\n*** Begin Patch\n*** Add File: n.txt\n+a $X b\n*** End Patch\nEOF", Some("n.txt")),
    ("apply_patch <<EOF\n*** Begin Patch\n*** Add File: n.txt\n+a $(ls) b\n*** End Patch\nEOF", Some("n.txt")),
    ("apply_patch <<EOF\n*** Begin Patch\n*** Add File: n.txt\n+a \\$X b\n*** End Patch\nEOF", Some("n.txt")),
    ("apply_patch\n<<'EOF'\n@P@\nEOF", None),
    ("cd sub &&\napply_patch <<'EOF'\n@P@\nEOF", Some("sub/n.txt")),
    ("cd sub&&apply_patch <<'EOF'\n@P@\nEOF", Some("sub/n.txt")),
    ("cd sub && applypatch <<'EOF'\n@P@\nEOF", Some("sub/n.txt")),
    ("cd && apply_patch <<'EOF'\n@P@\nEOF", None),
    ("cd -P sub && apply_patch <<'EOF'\n@P@\nEOF", None),
    ("cd -- sub && apply_patch <<'EOF'\n@P@\nEOF", None),
    ("cd ~ && apply_patch <<'EOF'\n@P@\nEOF", Some("~/n.txt")),
    ("cd ../x && apply_patch <<'EOF'\n@P@\nEOF", Some("../x/n.txt")),
    ("pushd sub && apply_patch <<'EOF'\n@P@\nEOF", None),
    ("(cd sub && apply_patch <<'EOF'\n@P@\nEOF\n)", None),
    ("if true; then apply_patch <<'EOF'\n@P@\nEOF\nfi", None),
    ("apply_patch 2>&1 <<'EOF'\n@P@\nEOF", None),
    ("apply_patch <<'EOF' 2>&1\n@P@\nEOF", None),
    ("apply_patch '*** Begin Patch\nxx\n*** End Patch'", None),
    ("applypatch '@P@'", None),
    ("cd sub && apply_patch '@P@'", None),
    ("cd su\\b && apply_patch <<'EOF'\n@P@\nEOF", Some("su\\b/n.txt")),
    ("cd su'b' && apply_patch <<'EOF'\n@P@\nEOF", None),
];

#[test]
fn patches_are_taken_as_by_the_real_cli() {
    let mut wrong = Vec::new();
    for (script, path) in ASKED {
        let script = script.replace("@P@", P);
        let got = match taken(&script) {
            Some(Taken::Applied(_)) => {
                let shell = shell(&script);
                let effects = line(&super::super::effects(&shell).effects);
                effects.strip_prefix("w ").map(|path| path.trim_start_matches("./").to_owned())
            }
            _ => None,
        };
        if got.as_deref() != *path {
            wrong.push(format!("\n  {script:?} expected {path:?} got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn a_bare_patch_is_refused() {
    let shell = shell(P);
    let reading = super::super::effects(&shell);
    assert!(reading.bare_patch);
    assert_eq!(line(&reading.effects), "");
    assert!(reading.patches.is_empty());
}

#[test]
fn a_text_that_is_no_patch_changes_nothing() {
    let shell = shell("apply_patch <<'EOF'\nnothing\nEOF");
    let reading = super::super::effects(&shell);
    assert_eq!(line(&reading.effects), "");
    assert!(reading.patches[0].intercepted);
}
