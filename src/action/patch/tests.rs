//! Patches with what the real CLI (Codex 0.169.0) did with them, and properties that hold for any patch.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{ChangeKind, parse};
use crate::action::{Access, Target};

/// The file before, the patch (of file `f`, moved to `g` where it is moved), and the file after; `None` where the real
/// CLI refused. Asked of the real CLI through its `apply_patch` tool, one call a row.
#[rustfmt::skip]
const ASKED: &[(&str, &str, Option<&str>)] = &[
    ("", "*** Begin Patch\n*** Add File: f\n+a\n+b\n*** End Patch", Some("a\nb\n")),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n\n+b\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: f\n*** End Patch", Some("")),
    ("", "*** Begin Patch\n*** Add File: f\n+\n*** End Patch", Some("\n")),
    ("", "*** Begin Patch\n*** Add File: f\na\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File:F\n+a\n*** End Patch", None),
    ("", "*** Begin Patch\n  *** Add File: f\n+a\n*** End Patch", Some("a\n")),
    ("", "*** Begin Patch\n*** Add File: f  \n+a\n*** End Patch", Some("a\n")),
    ("", "*** Begin Patch\n***  Add File: f\n+a\n*** End Patch", None),
    ("", "*** Begin Patch\n*** add file: F\n+a\n*** End Patch", None),
    ("", "  *** Begin Patch  \n*** Add File: f\n+a\n  *** End Patch  ", Some("a\n")),
    ("", "\n\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\n\n", Some("a\n")),
    ("", "*** Begin Patch\n\n*** Add File: f\n+a\n\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: f\n+a", None),
    ("", "*** Add File: f\n+a\n*** End Patch", None),
    ("", "*** Begin Patch\n*** End Patch", None),
    ("", "*** Begin Patch", None),
    ("", "", None),
    ("", "garbage", None),
    ("", "*** Begin Patch\ngarbage\n*** End Patch", None),
    ("", "<<EOF\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nEOF", Some("a\n")),
    ("", "<<'EOF'\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nEOF", Some("a\n")),
    ("", "<<\"EOF\"\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nEOF", Some("a\n")),
    ("", "<<PATCH\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nPATCH", None),
    ("", "<<EOF\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\n  EOF", Some("a\n")),
    ("", "<<EOF\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nxEOF", Some("a\n")),
    ("", "<< EOF\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nEOF", None),
    ("", "cat <<EOF\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nEOF", None),
    ("", "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nEOF", None),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\ntrailing", None),
    ("", "leading\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch", None),
    ("", "```\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\n```", None),
    ("", "*** Begin Patch\n*** Environment ID: \n*** Add File: f\n+a\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Environment ID:\n*** Add File: f\n+a\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n*** Environment ID: local\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Add File: f\n+new\n*** End Patch", Some("new\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Delete File: f\nextra\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ one\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@one\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ \n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n @@\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ -1,2 +1,2 @@\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ nothere\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ three\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n one\n-two\n+TWO\n three\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n one\n\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n\n@@\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n\n\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n\n@@\n-four\n+FOUR\n*** End Patch", Some("one\nTWO\nthree\nFOUR\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n@@\n-four\n+FOUR\n*** End Patch", Some("one\nTWO\nthree\nFOUR\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-four\n+FOUR\n@@\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ one\n@@ three\n-four\n+FOUR\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n-four\n+FOUR\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n+zero\n*** End Patch", Some("one\ntwo\nthree\nfour\nfive\nzero\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ two\n+zero\n*** End Patch", Some("one\ntwo\nthree\nfour\nfive\nzero\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n+zero\n*** End Patch", Some("one\ntwo\nthree\nfour\nfive\nzero\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n+zero\n*** End of File\n*** End Patch", Some("one\ntwo\nthree\nfour\nfive\nzero\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-five\n+FIVE\n*** End of File\n*** End Patch", Some("one\ntwo\nthree\nfour\nFIVE\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** End of File\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\none\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** End of File\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\none\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-five\n+FIVE\n*** End of File\n*** End Patch", Some("one\ntwo\nthree\nfour\nfive\none\ntwo\nthree\nfour\nFIVE\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n*** End of File\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n*** End of File\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\nbad\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\nbad\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\nbad\n@@\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n***\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** bogus\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n*** Move to: g\n@@\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n*** Move to: g\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n *** Move to: g\n@@\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n*** Move to: g  \n@@\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n*** Move to: \n@@\n-two\n+TWO\n*** End Patch", None),
    ("  one  \n\ttwo\nthree\n", "*** Begin Patch\n*** Update File: f\n@@\n one\n-two\n+TWO\n*** End Patch", Some("  one  \nTWO\nthree\n")),
    ("one  \ntwo\t\nthree\n", "*** Begin Patch\n*** Update File: f\n@@\n one\n-two\n+TWO\n*** End Patch", Some("one  \nTWO\nthree\n")),
    ("a \u{2013} b\nit\u{2019}s \u{201c}x\u{201d}\n", "*** Begin Patch\n*** Update File: f\n@@\n a - b\n-it's \"x\"\n+done\n*** End Patch", Some("a \u{2013} b\ndone\n")),
    ("a\u{a0}b\n", "*** Begin Patch\n*** Update File: f\n@@\n-a b\n+done\n*** End Patch", Some("done\n")),
    ("a\u{2026}b\n", "*** Begin Patch\n*** Update File: f\n@@\n-a...b\n+done\n*** End Patch", None),
    ("a\u{2212}b \u{2010}\u{2011}\u{2012}\u{2014}\u{2015}\n", "*** Begin Patch\n*** Update File: f\n@@\n-a-b -----\n+done\n*** End Patch", Some("done\n")),
    ("\u{2018}\u{201a}\u{201b}\u{201c}\u{201e}\u{201f}\n", "*** Begin Patch\n*** Update File: f\n@@\n-'''\"\"\"\n+done\n*** End Patch", Some("done\n")),
    ("a\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{202f}\u{205f}\u{3000}b\n", "*** Begin Patch\n*** Update File: f\n@@\n-a            b\n+done\n*** End Patch", Some("done\n")),
    ("a\u{2000}b\u{2001}c\n", "*** Begin Patch\n*** Update File: f\n@@\n-a b c\n+done\n*** End Patch", None),
    ("ONE\n", "*** Begin Patch\n*** Update File: f\n@@\n-one\n+done\n*** End Patch", None),
    ("one\r\ntwo\r\nthree\r\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** End Patch", Some("one\r\nTWO\r\nthree\r\n")),
    ("one\ntwo\nthree", "*** Begin Patch\n*** Update File: f\n@@\n-three\n+THREE\n*** End Patch", Some("one\ntwo\nTHREE\n")),
    ("one\ntwo\nthree", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\n")),
    ("", "*** Begin Patch\n*** Update File: f\n@@\n+a\n*** End Patch", Some("a\n")),
    ("\n", "*** Begin Patch\n*** Update File: f\n@@\n+a\n*** End Patch", Some("\na\n")),
    ("a\n\n", "*** Begin Patch\n*** Update File: f\n@@\n+b\n*** End Patch", Some("a\n\nb\n")),
    ("a\n\n\n", "*** Begin Patch\n*** Update File: f\n@@\n+b\n*** End Patch", Some("a\n\n\nb\n")),
    ("a\n\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n-\n+b\n*** End Patch", Some("b\n")),
    ("a\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n-\n+b\n*** End Patch", Some("b\n")),
    ("a\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n \n+b\n*** End Patch", Some("\nb\n")),
    ("a\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+b\n \n*** End Patch", Some("b\n")),
    ("a\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+b\n\n\n*** End Patch", None),
    ("a\nb\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n-\n+x\n*** End Patch", Some("a\nx\nb\n")),
    ("a\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n*** End Patch", Some("")),
    ("a", "*** Begin Patch\n*** Update File: f\n@@\n-a\n*** End Patch", Some("")),
    ("x\nx\nx\n", "*** Begin Patch\n*** Update File: f\n@@\n-x\n+y\n@@\n-x\n+z\n*** End Patch", Some("y\nz\nx\n")),
    ("x\ny\nx\ny\n", "*** Begin Patch\n*** Update File: f\n@@ y\n-x\n+z\n*** End Patch", Some("x\ny\nz\ny\n")),
    ("class A\n  def f\n    pass\nclass B\n  def f\n    pass\n", "*** Begin Patch\n*** Update File: f\n@@ class B\n@@   def f\n-    pass\n+    ok\n*** End Patch", None),
    ("class A\n  def f\n    pass\nclass B\n  def f\n    pass\n", "*** Begin Patch\n*** Update File: f\n@@ class B\n   def f\n-    pass\n+    ok\n*** End Patch", Some("class A\n  def f\n    pass\nclass B\n  def f\n    ok\n")),
    ("  x\n", "*** Begin Patch\n*** Update File: f\n@@ x\n+y\n*** End Patch", Some("  x\ny\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** End Patch\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** Update File: f\n@@\n-four\n+FOUR\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** Delete File: f\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n*** Update File: f\n@@\n-a\n+b\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n*** Add File: f\n+b\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: ./f\n+a\n*** End Patch", Some("a\n")),
    ("", "*** Begin Patch\n*** Add File: d/../f\n+a\n*** End Patch", Some("a\n")),
    ("", "*** Begin Patch\n*** Add File: \n+a\n*** End Patch", None),
    ("", "*** Begin Patch\r\n*** Add File: f\r\n+a\r\n+b\r\n*** End Patch", Some("a\nb\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\r\n*** Update File: f\r\n@@\r\n-two\r\n+TWO\r\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\r\ntwo\r\nthree\r\n", "*** Begin Patch\r\n*** Update File: f\r\n@@\r\n-two\r\n+TWO\r\n*** End Patch", Some("one\r\nTWO\r\nthree\r\n")),
    ("a\n\u{a0}b\n", "*** Begin Patch\n*** Update File: f\n@@\n-\u{a0}b\n+c\n*** End Patch", Some("a\nc\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n \n\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ two @@\n-three\n+3\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\tone\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@  one\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n@@ \n-four\n+FOUR\n*** End Patch", Some("one\nTWO\nthree\nFOUR\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n--two\n++TWO\n*** End Patch", None),
    ("-two\n", "*** Begin Patch\n*** Update File: f\n@@\n--two\n++TWO\n*** End Patch", Some("+TWO\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-one\n-two\n+1\n+2\n three\n-four\n+4\n*** End Patch", Some("1\n2\nthree\n4\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Delete File: f\n*** Add File: f\n+x\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** End of File\n@@\n-four\n+FOUR\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** End of File\n\n*** Update File: f\n@@\n-four\n+FOUR\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ one\n+x\n*** End of File\n*** End Patch", Some("one\ntwo\nthree\nfour\nfive\nx\n")),
    ("a\nb\nc\n", "*** Begin Patch\n*** Update File: f\n@@ b\n+x\n c\n*** End Patch", Some("a\nb\nx\nc\n")),
    ("a\nb\nc\n", "*** Begin Patch\n*** Update File: f\n@@\n b\n+x\n*** End Patch", Some("a\nb\nx\nc\n")),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\njunk\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\n*** Add File: G\n+b\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\n+b\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\n\n*** End Patch", Some("a\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n  *** End Patch\njunk\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** End Patch\njunk\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** End Patch \n\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("a\r\nb\nc\r\n", "*** Begin Patch\n*** Update File: f\n@@\n-b\n+x\n*** End Patch", Some("a\r\nx\r\nc\r\n")),
    ("a\nb\r\nc\n", "*** Begin Patch\n*** Update File: f\n@@\n-b\n+x\n*** End Patch", Some("a\nx\nc\n")),
    ("a\r\nb\nc\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+x\n+y\n*** End Patch", Some("x\r\ny\r\nb\nc\n")),
    ("a\nb\nc\r\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+x\n+y\n*** End Patch", Some("x\ny\nb\nc\r\n")),
    ("a\r\nb\r\nc\n", "*** Begin Patch\n*** Update File: f\n@@\n c\n+x\n*** End Patch", Some("a\r\nb\r\nc\nx\r\n")),
    ("a\r\nb", "*** Begin Patch\n*** Update File: f\n@@\n b\n+x\n*** End Patch", Some("a\r\nb\r\nx\r\n")),
    ("a\r\nb\r\n", "*** Begin Patch\n*** Update File: f\n@@\n+x\n*** End Patch", Some("a\r\nb\r\nx\r\n")),
    ("a\r\nb\r\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n+x\n b\n*** End Patch", Some("a\r\nx\r\nb\r\n")),
    ("a  \r\nb\r\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n+x\n b\n*** End Patch", Some("a  \r\nx\r\nb\r\n")),
    ("a\rb\n", "*** Begin Patch\n*** Update File: f\n@@\n-b\n+x\n*** End Patch", Some("a\rx\r")),
    ("a\nb\n", "*** Begin Patch\n*** Update File: f\r\n@@\r\n a\r\n+x\r\n b\r\n*** End Patch", Some("a\nx\nb\n")),
    ("", "*** Begin Patch\n*** Add File: f\r\n+a\r\n+b\n*** End Patch", Some("a\nb\n")),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n*** Add File: ./f\n+b\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n*** Add File: d/../f\n+b\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n*** Move to: g\n@@\n-two\n+TWO\n*** Add File: G\n+b\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Add File: G\n+b\n*** Update File: f\n*** Move to: g\n@@\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n\n*** Add File: G\n+b\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Delete File: f\n\n*** Add File: G\n+b\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n\n*** Add File: G\n+b\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-five\n+TWO\n*** End of File\n+x\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-five\n+TWO\n*** End of File\n\n*** Add File: G\n+b\n*** End Patch", Some("one\ntwo\nthree\nfour\nTWO\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-five\n+TWO\n *** End of File\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-five\n+TWO\n*** End of File \n*** End Patch", Some("one\ntwo\nthree\nfour\nTWO\n")),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n \n+b\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: f\n +a\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n  *** Update File: f\n@@\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n  *** Add File: G\n+b\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n *** Add File: G\n+b\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-five\n+5\n\\ No newline at end of file\n*** End Patch", None),
    ("\tx\n\ty\n", "*** Begin Patch\n*** Update File: f\n@@\n\tx\n-\ty\n+z\n*** End Patch", None),
    ("\ntwo\n", "*** Begin Patch\n*** Update File: f\n@@\n\n-two\n+x\n*** End Patch", Some("\nx\n")),
    ("\ntwo\n", "*** Begin Patch\n*** Update File: f\n\n-two\n+x\n*** End Patch", Some("\nx\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ \n\n-two\n+x\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n@@\n\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+TWO\n@@ three\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@\n\n@@\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n  @@\n-two\n+TWO\n*** End Patch", None),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@  \n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n@@ two  \n-three\n+x\n*** End Patch", Some("one\ntwo\nx\nfour\nfive\n")),
    ("one\ntwo\nthree\nfour\nfive\n", "*** Begin Patch\n*** Update File: f\n \n@@\n-two\n+TWO\n*** End Patch", Some("one\nTWO\nthree\nfour\nfive\n")),
    ("a\n \nb\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n\n-b\n+c\n*** End Patch", Some("a\n \nc\n")),
    ("a\n\nb\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n\n-b\n+c\n*** End Patch", Some("a\n\nc\n")),
    ("a\nb\na\nb\nc\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n b\n-c\n+d\n*** End Patch", Some("a\nb\na\nb\nd\n")),
    ("a\nb\n a\nb\n", "*** Begin Patch\n*** Update File: f\n@@\n- a\n+x\n*** End Patch", Some("a\nb\nx\nb\n")),
    ("a\nb\n a\nb\n", "*** Begin Patch\n*** Update File: f\n@@\n-a \n+x\n*** End Patch", Some("x\nb\n a\nb\n")),
    ("b\na\n", "*** Begin Patch\n*** Update File: f\n@@ a\n-b\n+x\n*** End Patch", None),
    ("x\n", "*** Begin Patch\n*** Update File: f\n@@ x\n-x\n+y\n*** End Patch", None),
    ("x\nx\n", "*** Begin Patch\n*** Update File: f\n@@ x\n-x\n+y\n*** End Patch", Some("x\ny\n")),
    ("a\nb\nc\nd\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+1\n@@\n+end\n@@\n-d\n+4\n*** End Patch", Some("1\nb\nc\n4\nend\n")),
    ("a\nb\nc\nd\n", "*** Begin Patch\n*** Update File: f\n@@\n+end\n@@\n-d\n+4\n*** End Patch", Some("a\nb\nc\n4\nend\n")),
    ("a\nb\n", "*** Begin Patch\n*** Update File: f\n@@\n+1\n@@\n+2\n*** End Patch", Some("a\nb\n1\n2\n")),
    ("a\nb", "*** Begin Patch\n*** Update File: f\n@@\n+1\n*** End Patch", Some("a\nb\n1\n")),
    ("a\n\n", "*** Begin Patch\n*** Update File: f\n@@\n \n+b\n*** End Patch", Some("a\n\nb\n")),
    ("a\nb\n", "*** Begin Patch\n*** Update File: f\n@@\n-b\n-\n*** End of File\n*** End Patch", Some("a\n")),
    ("a\nb\n\n", "*** Begin Patch\n*** Update File: f\n@@\n-b\n+c\n*** End of File\n*** End Patch", None),
    ("a\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n*** End Patch", Some("a\n")),
    ("a", "*** Begin Patch\n*** Update File: f\n@@\n a\n*** End Patch", Some("a\n")),
    ("a\nb\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n-b\n*** End Patch", Some("")),
    ("\u{feff}a\nb\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+x\n*** End Patch", None),
    ("a\nb\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+x\n-b\n+y\n*** End Patch", Some("x\ny\n")),
    ("*** x\ny\n", "*** Begin Patch\n*** Update File: f\n@@\n *** x\n-y\n+z\n*** End Patch", Some("*** x\nz\n")),
    ("a\u{2013}b\n", "*** Begin Patch\n*** Update File: f\n@@ a-b\n+x\n*** End Patch", Some("a\u{2013}b\nx\n")),
    ("a\u{ad}\u{2043}b\n", "*** Begin Patch\n*** Update File: f\n@@\n-a-b\n+x\n*** End Patch", None),
    ("a\u{2032}b\u{2033}\u{ab}\n", "*** Begin Patch\n*** Update File: f\n@@\n-a'b\"\"\n+x\n*** End Patch", None),
    ("a\u{fe58}\u{fe63}\u{ff0d} b\n", "*** Begin Patch\n*** Update File: f\n@@\n-a--- b\n+x\n*** End Patch", None),
    ("\u{2003}a\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+x\n*** End Patch", Some("x\n")),
    ("", "*** Begin Patch\n*** Environment ID: x\n*** Environment ID: y\n*** Add File: f\n+a\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Environment ID x\n*** Add File: f\n+a\n*** End Patch", None),
    ("", "<<EOF\n*** Begin Patch\n*** End Patch\nEOF", None),
    ("", "<<EOF\n\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\n\nEOF", None),
    ("", "  <<EOF\n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nEOF\n", Some("a\n")),
    ("", "<<EOF  \n*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nEOF", None),
    ("", "<<'EOF'\n  *** Begin Patch\n*** Add File: f\n+a\n  *** End Patch\nEOF", Some("a\n")),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n*** End Patch\nEOF", None),
    ("", "***Begin Patch\n*** Add File: f\n+a\n*** End Patch", None),
    ("", "*** Begin Patch:\n*** Add File: f\n+a\n*** End Patch", None),
    ("", "*** begin patch\n*** Add File: f\n+a\n*** end patch", None),
    ("", "\u{feff}*** Begin Patch\n*** Add File: f\n+a\n*** End Patch", None),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n+*** End Patch\n*** End Patch", Some("a\n*** End Patch\n")),
    ("", "*** Begin Patch\n*** Delete File: src/main.rs\n*** Delete File: src/main.rs\n*** End Patch", None),
    ("a  \nb\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+a\n-b\n+c\n*** End Patch", Some("a\nc\n")),
    ("a  \nb\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n-b\n+a\n+c\n*** End Patch", Some("a\nc\n")),
    ("a  \nb\nc\t\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n-b\n-c\n+a\n+x\n+c\n*** End Patch", Some("a\nx\nc\n")),
    ("a  \nb\nc\t\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n+x\n-b\n c\n*** End Patch", Some("a  \nx\nc\t\n")),
    ("a  \nb \nc\t\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n b\n c\n+x\n*** End Patch", Some("a  \nb \nc\t\nx\n")),
    ("one\ntwo\n", "*** Begin Patch\n*** Update File: f\n\n-two\n+x\n*** End Patch", None),
    ("one\ntwo\n", "*** Begin Patch\n*** Update File: f\n\n\n*** End Patch", None),
    ("one\ntwo\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+x\n  *** End Patch", Some("one\nx\n")),
    ("one\ntwo\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+x\n*** End Patch  ", Some("one\nx\n")),
    ("one\ntwo\n", "*** Begin Patch\n*** Update File: f\n\n\n@@\n-two\n+x\n*** End Patch", None),
    ("one\ntwo\n", "*** Begin Patch\n*** Update File: f\n@@\n-two\n+x\n*** End of File\n\n\n@@\n-one\n+y\n*** End Patch", None),
    ("one\ntwo\n", "*** Begin Patch\n*** Update File: f\n@@\n-one\n+y\n\n\n@@\n-two\n+x\n*** End Patch", None),
    ("a\n\nb\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n \n-b\n+c\n \n*** End Patch", Some("a\n\nc\n")),
    ("a \n", "*** Begin Patch\n*** Update File: f\n@@\n a\n+\n\n*** End Patch", Some("a \n\n")),
    ("x\na  \n\n", "*** Begin Patch\n*** Update File: f\n@@\n a\n \n+z\n*** End Patch", Some("x\na  \n\nz\n")),
    ("x\na  \n", "*** Begin Patch\n*** Update File: f\n@@\n a\n \n+z\n*** End Patch", Some("x\na  \n\nz\n")),
    ("x\na  \n", "*** Begin Patch\n*** Update File: f\n@@\n a\n+z\n \n*** End Patch", Some("x\na  \nz\n")),
    ("", "*** Begin Patch\n*** Add File: f\n+a\n  *** Add File: G\n+b\n*** End Patch", Some("a\n")),
    ("", "*** Begin Patch \n*** Add File: f\n+a\n*** End Patch\t", Some("a\n")),
    ("", "*** Begin Patch\n*** Add File: f\n+a  \n+\tb\n*** End Patch", Some("a  \n\tb\n")),
    ("a\r\nb\r\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\r\n+x\r\n\n*** End Patch", Some("x\r\nb\r\n")),
    ("a\n", "*** Begin Patch\n*** Update File: f\n@@\n-a\n+x\r\r\n*** End Patch", Some("x\n")),
    ("", "*** Begin Patch\n*** Add File: f\n+a\r\r\n+b\n*** End Patch", Some("a\nb\n")),
];

/// The file after the whole patch, as far as the patch changes `f`.
fn applied(before: &str, patch: &str) -> Option<String> {
    let patch = parse(patch).ok()?;
    let change = patch.files.iter().find(|file| !file.path.eq_ignore_ascii_case("g"))?;
    match &change.kind {
        ChangeKind::Delete => None,
        _ => change.apply(before).ok(),
    }
}

#[test]
fn patches_end_as_the_real_cli_ends_them() {
    let mut wrong = Vec::new();
    for (before, patch, after) in ASKED {
        let got = applied(before, patch);
        if got.as_deref() != *after {
            wrong.push(format!("\n  {before:?} {patch:?}\n    expected {after:?}\n    got      {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), ASKED.len(), wrong.concat());
}

#[test]
fn effects_name_every_file() {
    let patch = parse(
        "*** Begin Patch\n*** Add File: a\n+x\n*** Delete File: b\n*** Update File: c\n*** Move to: d\n@@\n-x\n+y\n*** End Patch",
    )
    .unwrap();
    let effects = patch.effects();
    let got: Vec<(Access, &str)> = effects
        .known
        .iter()
        .map(|effect| match &effect.target {
            Target::Path(path) | Target::Entry(path) => (effect.access, &**path),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (Access::Write, "a"),
        (Access::Write, "b"),
        (Access::Read, "c"),
        (Access::Write, "c"),
        (Access::Write, "d"),
    ];
    assert_eq!(got, expected);
    assert_eq!(effects.opaque, None);
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn any_text_is_read(text in "((\\*\\*\\* (Begin Patch|End Patch|Add File: |Update File: |Delete File: |Move to: |End of File)|@@|[ +-])?[a-z ]{0,4}\\n){0,12}") {
        if let Ok(patch) = parse(&text) {
            for file in &patch.files {
                let _ = file.apply("a\nb\n");
            }
        }
    }

    /// A patch made from two texts turns the one into the other.
    #[test]
    fn a_replacement_of_all_lines_gives_the_new_text(old in lines(), new in lines()) {
        let each = |lines: &[String], mark: &str| lines.iter().flat_map(|line| [mark, line, "\n"]).collect::<String>();
        let (removed, added) = (each(&old, "-"), each(&new, "+"));
        let patch = format!("*** Begin Patch\n*** Update File: f\n@@\n{removed}{added}*** End Patch");
        let patch = parse(&patch).unwrap();
        prop_assert_eq!(patch.apply("f", &each(&old, "")).unwrap(), each(&new, ""));
    }

    /// Lines that are not named stay.
    #[test]
    fn only_the_named_line_changes(mut lines in proptest::collection::vec("[a-z]{3,8}", 1..12), at in 0_usize..12, crlf: bool) {
        lines.sort();
        lines.dedup();
        let at = at % lines.len();
        let end = if crlf { "\r\n" } else { "\n" };
        let text = |lines: &[String]| lines.iter().flat_map(|line| [line, end]).collect::<String>();
        let patch = format!("*** Begin Patch\n*** Update File: f\n@@\n-{}\n+NEW\n*** End Patch", lines[at]);
        let before = text(&lines);
        lines[at] = "NEW".to_owned();
        let patch = parse(&patch).unwrap();
        prop_assert_eq!(patch.apply("f", &before).unwrap(), text(&lines));
    }
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[a-z ]{1,6}x", 1..8)
}

/// The same cases on every run, and no files written.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
