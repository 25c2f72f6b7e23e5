//! What the shell's own language does: folders, variables, redirections, nested scripts.

use super::check;

#[test]
fn folders() {
    check(&[
        ("cd sub && cat x", "r sub/x"),
        ("(cd sub; cat x); cat y", "r sub/x | r y"),
        ("cd - && cat x", "?expansion"),
    ]);
}
