//! What programs do with their arguments.

use super::check;

#[test]
fn reads() {
    check(&[
        ("cat README.md", "r README.md"),
        ("sed -n '1,120p' src/lib.rs", "r src/lib.rs"),
        ("rg -n \"foo|bar\" src tests -g '*.rs'", "r src/... | r tests/..."),
        ("rg foo", "r ./..."),
        ("git log | rg foo", "r .git/..."),
        ("grep -rn -A 3 foo src/", "r src//..."),
        ("head -n 5 f", "r f"),
        ("ls", "r ."),
        ("find . -name '*.rs' | head", "r ./..."),
        ("wc -l a b", "r a | r b"),
        ("git status --short", "r .git/..."),
    ]);
}

#[test]
fn writes() {
    check(&[
        ("sort -o out in", "w out | r in"),
        ("rm -rf build", "w build/..."),
        ("cp a b", "r a | w b"),
        ("sed -i s/a/b/ f", "r f | w f"),
        ("echo x > f", "w f"),
        ("git commit -m x", "w .git/..."),
    ]);
}
