//! Scripts with the words that the real CLI (Codex 0.169.0) split off them.
//!
//! Asked through its app-server: under the `untrusted` policy each command asks for approval, and the request
//! proposes a rule that holds the first segment's words, or the whole shell call when the script is not split.

use super::rule_segments;

/// Scripts that are split, with the words of the first segment.
#[rustfmt::skip]
const SPLIT: &[(&str, &[&str])] = &[
    ("cat README.md", &["cat", "README.md"]), ("cat a && ls b", &["cat", "a"]),
    ("cat \"a b\"", &["cat", "a b"]), ("cat 'a b'", &["cat", "a b"]), ("cat \"\"", &["cat", ""]),
    ("cat ''", &["cat", ""]), ("cat a\"b\"c", &["cat", "abc"]),
    ("rg -g\"*.py\" foo", &["rg", "-g*.py", "foo"]), ("ls --flag=\"x y\"", &["ls", "--flag=x y"]),
    ("ls --flag='x y'", &["ls", "--flag=x y"]), ("ls FOO=bar", &["ls", "FOO=bar"]),
    ("ls a=b c=d", &["ls", "a=b", "c=d"]), ("ls 123", &["ls", "123"]), ("ls 1 2", &["ls", "1", "2"]),
    ("ls;", &["ls"]), ("ls ;", &["ls"]), ("ls\n", &["ls"]), ("ls\n\n", &["ls"]), ("\nls", &["ls"]),
    ("ls\ncat b", &["ls"]), ("ls && \\\n cat b", &["ls"]), ("ls | cat;", &["ls"]),
    ("echo '$HOME'", &["echo", "$HOME"]), ("  ls", &["ls"]), ("\tls\ta", &["ls", "a"]),
    ("ls\ta", &["ls", "a"]), ("ls é", &["ls", "é"]), ("echo \"é ü\"", &["echo", "é ü"]),
    ("echo 日本", &["echo", "日本"]), ("test -f x", &["test", "-f", "x"]), ("time ls", &["time", "ls"]),
    ("coproc ls", &["coproc", "ls"]), ("exec ls", &["exec", "ls"]), ("let x=1", &["let", "x=1"]),
    ("echo \"a\\nb\"", &["echo", "a\\nb"]), ("ls || cat", &["ls"]), ("ls && cat || pwd ; x | y", &["ls"]),
    ("ls;cat", &["ls"]), ("ls&&cat", &["ls"]), ("ls|cat", &["ls"]), ("ls||cat", &["ls"]),
    ("ls \\\n-a", &["ls", "-a"]), ("ls -- -x", &["ls", "--", "-x"]), ("ls -la /x", &["ls", "-la", "/x"]),
    ("sed -n '1,20p' f", &["sed", "-n", "1,20p", "f"]), ("sed -n 1,20p f", &["sed", "-n", "1,20p", "f"]),
    ("grep -rn 'a\\|b' src", &["grep", "-rn", "a\\|b", "src"]),
    ("find . -name '*.rs'", &["find", ".", "-name", "*.rs"]), ("echo a,b", &["echo", "a,b"]),
    ("echo a:b", &["echo", "a:b"]), ("echo @x", &["echo", "@x"]), ("echo %x", &["echo", "%x"]),
    ("echo a+b", &["echo", "a+b"]), ("echo a!b", &["echo", "a!b"]), ("echo !x", &["echo", "!x"]),
    ("echo \"a!b\"", &["echo", "a!b"]), ("echo a..b", &["echo", "a..b"]), ("echo x=", &["echo", "x="]),
    ("echo -x=1", &["echo", "-x=1"]), ("./a", &["./a"]), ("/bin/ls", &["/bin/ls"]),
    ("../x y", &["../x", "y"]), ("a/b/c", &["a/b/c"]), ("ls \"a\"\"b\"", &["ls", "ab"]),
    ("ls 'a''b'", &["ls", "ab"]), ("ls a'b'", &["ls", "ab"]), ("ls \"a\"b", &["ls", "ab"]),
    ("ls \"a\nb\"", &["ls", "a\nb"]), ("ls 'a\nb'", &["ls", "a\nb"]), ("ls;cat;", &["ls"]),
    ("ls\r", &["ls"]), ("ls\r\ncat", &["ls"]), ("bash -lc 'ls'", &["bash", "-lc", "ls"]),
    ("bash -c \"curl x\"", &["bash", "-c", "curl x"]), ("env curl x", &["env", "curl", "x"]),
    ("sudo ls", &["sudo", "ls"]), ("echo 0x1f", &["echo", "0x1f"]), ("echo 1.5", &["echo", "1.5"]),
    ("echo -1", &["echo", "-1"]), ("echo 1a", &["echo", "1a"]), ("echo a1", &["echo", "a1"]),
    ("echo \"1\"", &["echo", "1"]), ("echo \"  x  \"", &["echo", "  x  "]),
    ("echo ' x '", &["echo", " x "]), ("ls a \"b\" 'c' d", &["ls", "a", "b", "c", "d"]),
    ("echo \"it's\"", &["echo", "it's"]), ("echo 'say \"x\"'", &["echo", "say \"x\""]),
    ("echo \"a;b\"", &["echo", "a;b"]), ("echo \"a&&b\"", &["echo", "a&&b"]),
    ("echo 'a|b'", &["echo", "a|b"]), ("ls\u{a0}a", &["ls\u{a0}a"]), ("ls \u{200b}", &["ls", "\u{200b}"]),
    ("echo 🎉", &["echo", "🎉"]), ("echo \"🎉\"", &["echo", "🎉"]), ("a && b && c", &["a"]),
    ("a || b && c", &["a"]), ("a ; b ; c", &["a"]), ("a | b | c", &["a"]), ("a\nb\nc", &["a"]),
    ("a;\nb", &["a"]), ("a;b\n", &["a"]), ("a && \n b", &["a"]), ("a &&\nb", &["a"]), ("a |\nb", &["a"]),
    ("a ||\nb", &["a"]), ("time a", &["time", "a"]), ("time a | b", &["time", "a"]),
    ("time -p a", &["time", "-p", "a"]), ("a -b=\"c\"", &["a", "-b=c"]), ("a -b='c d'", &["a", "-b=c d"]),
    ("a --x=\"y\"z", &["a", "--x=yz"]), ("a \"x\"\"y\"'z'", &["a", "xyz"]), ("a \"\"x", &["a", "x"]),
    ("a x\"\"", &["a", "x"]), ("a ''x", &["a", "x"]), ("a 1\"x\"", &["a", "1x"]), ("a 12x", &["a", "12x"]),
    ("a 1-2", &["a", "1-2"]), ("a 1,2", &["a", "1,2"]), ("a -1", &["a", "-1"]), ("a +1", &["a", "+1"]),
    ("a 0", &["a", "0"]), ("a 00", &["a", "00"]), ("a 1.2.3", &["a", "1.2.3"]), ("a x10", &["a", "x10"]),
    ("a 1e5", &["a", "1e5"]), ("a 0xff", &["a", "0xff"]), ("a \"1\"2", &["a", "12"]),
    ("a 1'2'", &["a", "12"]), ("1a b", &["1a", "b"]), ("a1 b", &["a1", "b"]), ("a b=c", &["a", "b=c"]),
    ("a b=\"c\"", &["a", "b=c"]), ("a b='c d'", &["a", "b=c d"]), ("a b=", &["a", "b="]),
    ("a b=c=d", &["a", "b=c=d"]), ("a b+=c", &["a", "b+=c"]), ("a -b=c", &["a", "-b=c"]),
    ("a --b=c", &["a", "--b=c"]), ("a \"b=c\"", &["a", "b=c"]), ("a b=\"c\"d", &["a", "b=cd"]),
    ("alias a=b", &["alias", "a=b"]), ("alias", &["alias"]), ("set -e", &["set", "-e"]),
    ("set -euo pipefail", &["set", "-euo", "pipefail"]), ("set -e; a", &["set", "-e"]),
    ("set -o pipefail && a", &["set", "-o", "pipefail"]), (". f", &[".", "f"]),
    ("source f", &["source", "f"]), ("test a", &["test", "a"]), ("true", &["true"]), ("false", &["false"]),
    (":", &[":"]), ("eval a", &["eval", "a"]), ("eval \"a b\"", &["eval", "a b"]),
    ("exec a", &["exec", "a"]), ("command a", &["command", "a"]), ("builtin a", &["builtin", "a"]),
    ("nohup a", &["nohup", "a"]), ("trap 'a' EXIT", &["trap", "a", "EXIT"]), ("wait", &["wait"]),
    ("jobs", &["jobs"]), ("cd a", &["cd", "a"]), ("cd a && b", &["cd", "a"]),
    ("cd \"a b\" && c", &["cd", "a b"]), ("pushd a", &["pushd", "a"]), ("return", &["return"]),
    ("return 0", &["return", "0"]), ("exit 1", &["exit", "1"]), ("break", &["break"]),
    ("continue", &["continue"]), ("shift", &["shift"]), ("then a", &["then", "a"]), ("do a", &["do", "a"]),
    ("done", &["done"]), ("fi", &["fi"]), ("else", &["else"]), ("esac", &["esac"]), ("in a", &["in", "a"]),
    ("a then", &["a", "then"]), ("a if", &["a", "if"]), ("a do", &["a", "do"]), ("a done", &["a", "done"]),
    ("a fi", &["a", "fi"]), ("a for", &["a", "for"]), ("a while", &["a", "while"]), ("a in", &["a", "in"]),
    ("a case", &["a", "case"]), ("a function", &["a", "function"]), ("a select", &["a", "select"]),
    ("a '$b'", &["a", "$b"]), ("a \"\\n\"", &["a", "\\n"]), ("a b\\\nc", &["a", "b", "c"]),
    ("a \\\n b", &["a", "b"]), ("a\\\n b", &["a", "b"]), ("\\\na b", &["a", "b"]),
    ("a 'b\\\nc'", &["a", "b\\\nc"]), ("a \"b\nc\"", &["a", "b\nc"]), ("a \"\n\"", &["a", "\n"]),
    ("a \"\nb\"", &["a", "\nb"]), ("a \"b\n\"", &["a", "b\n"]), ("a \" b\"", &["a", " b"]),
    ("a \"b \"", &["a", "b "]), ("a \"  \"", &["a", "  "]), ("a \"\t\"", &["a", "\t"]),
    ("a \"b  c\"", &["a", "b  c"]), ("a \"# b\"", &["a", "# b"]), ("a \"b # c\"", &["a", "b # c"]),
    ("a '# b'", &["a", "# b"]), ("a @b", &["a", "@b"]), ("a b@c", &["a", "b@c"]), ("a %", &["a", "%"]),
    ("a %b", &["a", "%b"]), ("a b%", &["a", "b%"]), ("a b%c", &["a", "b%c"]), ("a -", &["a", "-"]),
    ("a --", &["a", "--"]), ("a -- b", &["a", "--", "b"]), ("a -b", &["a", "-b"]), ("a /", &["a", "/"]),
    ("a .", &["a", "."]), ("a ..", &["a", ".."]), ("a ./b", &["a", "./b"]), ("a ,", &["a", ","]),
    ("a b,c", &["a", "b,c"]), ("a :", &["a", ":"]), ("a b:c", &["a", "b:c"]), ("a b::c", &["a", "b::c"]),
    ("a 'b*'", &["a", "b*"]), ("a \"b*\"", &["a", "b*"]), ("a \"b?\"", &["a", "b?"]),
    ("a \"[b]\"", &["a", "[b]"]), ("a \"{b}\"", &["a", "{b}"]), ("a \"~\"", &["a", "~"]),
    ("a !", &["a", "!"]), ("a !b", &["a", "!b"]), ("a b!", &["a", "b!"]), ("a b!c", &["a", "b!c"]),
    ("a !!", &["a", "!!"]), ("a \"!b\"", &["a", "!b"]), ("a \"b!\"", &["a", "b!"]),
    ("a != b", &["a", "!=", "b"]), ("a \"((b))\"", &["a", "((b))"]), ("a é", &["a", "é"]),
    ("é a", &["é", "a"]), ("a \"é\"", &["a", "é"]), ("a 'é'", &["a", "é"]), ("a日本 b", &["a日本", "b"]),
    ("a 日本", &["a", "日本"]), ("a \"日本\"", &["a", "日本"]), ("a\tb", &["a", "b"]), ("a\t\tb", &["a", "b"]),
    ("a  b", &["a", "b"]), ("  a", &["a"]), ("a  ", &["a"]), ("\ta", &["a"]), ("a\t", &["a"]),
    ("a \n", &["a"]), ("a\n ", &["a"]), ("\n\na", &["a"]), ("a\n\n\nb", &["a"]), (" \n a", &["a"]),
    ("a\r\n", &["a"]), ("a\r\nb", &["a"]), ("a \r\n b", &["a"]), ("a b\r", &["a", "b"]),
    ("a \"b\r\"", &["a", "b\r"]), ("a\u{c}b", &["a", "b"]), ("a\u{b}b", &["a", "b"]), ("a;b;", &["a"]),
    ("a ; b ;", &["a"]), ("-a", &["-a"]), ("--a b", &["--a", "b"]), ("+a", &["+a"]), ("@a", &["@a"]),
    ("%a", &["%a"]), ("a,b", &["a,b"]), ("a:b", &["a:b"]), ("a-b", &["a-b"]), ("a_b", &["a_b"]),
    ("a.b", &["a.b"]), ("a/b", &["a/b"]), ("a+b c", &["a+b", "c"]), ("a.b=c d", &["a.b=c", "d"]),
    ("a-b=c d", &["a-b=c", "d"]), ("echo x\u{1}y", &["echo", "x\u{1}y"]),
    ("echo \"x\u{1}y\"", &["echo", "x\u{1}y"]), ("echo 'x\u{1}y'", &["echo", "x\u{1}y"]),
    ("echo x \u{1} y", &["echo", "x", "\u{1}", "y"]), ("echo x\ty", &["echo", "x", "y"]),
    ("echo \"x\ty\"", &["echo", "x\ty"]), ("echo 'x\ty'", &["echo", "x\ty"]),
    ("echo x \t y", &["echo", "x", "y"]), ("echo x\ny", &["echo", "x"]),
    ("echo \"x\ny\"", &["echo", "x\ny"]), ("echo 'x\ny'", &["echo", "x\ny"]),
    ("echo x \n y", &["echo", "x"]), ("echo x\u{b}y", &["echo", "x", "y"]),
    ("echo \"x\u{b}y\"", &["echo", "x\u{b}y"]), ("echo 'x\u{b}y'", &["echo", "x\u{b}y"]),
    ("echo x \u{b} y", &["echo", "x", "y"]), ("echo x\u{c}y", &["echo", "x", "y"]),
    ("echo \"x\u{c}y\"", &["echo", "x\u{c}y"]), ("echo 'x\u{c}y'", &["echo", "x\u{c}y"]),
    ("echo x \u{c} y", &["echo", "x", "y"]), ("echo x\ry", &["echo", "x", "y"]),
    ("echo \"x\ry\"", &["echo", "x\ry"]), ("echo 'x\ry'", &["echo", "x\ry"]),
    ("echo x \r y", &["echo", "x", "y"]), ("echo x\u{1b}y", &["echo", "x\u{1b}y"]),
    ("echo \"x\u{1b}y\"", &["echo", "x\u{1b}y"]), ("echo 'x\u{1b}y'", &["echo", "x\u{1b}y"]),
    ("echo x \u{1b} y", &["echo", "x", "\u{1b}", "y"]), ("echo x\u{7f}y", &["echo", "x\u{7f}y"]),
    ("echo \"x\u{7f}y\"", &["echo", "x\u{7f}y"]), ("echo 'x\u{7f}y'", &["echo", "x\u{7f}y"]),
    ("echo x \u{7f} y", &["echo", "x", "\u{7f}", "y"]), ("echo x\u{85}y", &["echo", "x\u{85}y"]),
    ("\u{85}echo x", &["\u{85}echo", "x"]), ("echo\u{85}x", &["echo\u{85}x"]),
    ("echo \"\u{85}\"", &["echo", "\u{85}"]), ("echo x\u{a0}y", &["echo", "x\u{a0}y"]),
    ("\u{a0}echo x", &["\u{a0}echo", "x"]), ("echo\u{a0}x", &["echo\u{a0}x"]),
    ("echo \"\u{a0}\"", &["echo", "\u{a0}"]), ("echo x\u{2028}y", &["echo", "x\u{2028}y"]),
    ("\u{2028}echo x", &["\u{2028}echo", "x"]), ("echo\u{2028}x", &["echo\u{2028}x"]),
    ("echo \"\u{2028}\"", &["echo", "\u{2028}"]), ("echo x\u{2029}y", &["echo", "x\u{2029}y"]),
    ("\u{2029}echo x", &["\u{2029}echo", "x"]), ("echo\u{2029}x", &["echo\u{2029}x"]),
    ("echo \"\u{2029}\"", &["echo", "\u{2029}"]), ("echo x\u{3000}y", &["echo", "x\u{3000}y"]),
    ("\u{3000}echo x", &["\u{3000}echo", "x"]), ("echo\u{3000}x", &["echo\u{3000}x"]),
    ("echo \"\u{3000}\"", &["echo", "\u{3000}"]), ("echo x\u{feff}y", &["echo", "x\u{feff}y"]),
    ("\u{feff}echo x", &["echo", "x"]), ("echo\u{feff}x", &["echo\u{feff}x"]),
    ("echo \"\u{feff}\"", &["echo", "\u{feff}"]), ("echo x\u{200b}y", &["echo", "x\u{200b}y"]),
    ("\u{200b}echo x", &["\u{200b}echo", "x"]), ("echo\u{200b}x", &["echo\u{200b}x"]),
    ("echo \"\u{200b}\"", &["echo", "\u{200b}"]), ("echo x\u{ad}y", &["echo", "x\u{ad}y"]),
    ("\u{ad}echo x", &["\u{ad}echo", "x"]), ("echo\u{ad}x", &["echo\u{ad}x"]),
    ("echo \"\u{ad}\"", &["echo", "\u{ad}"]), ("echo x\u{301}y", &["echo", "x\u{301}y"]),
    ("\u{301}echo x", &["\u{301}echo", "x"]), ("echo\u{301}x", &["echo\u{301}x"]),
    ("echo \"\u{301}\"", &["echo", "\u{301}"]),
];

/// Scripts that are matched whole.
#[rustfmt::skip]
const WHOLE: &[&str] = &[
    "cat a\\ b", "cat \"a\\\"b\"", "ls *.rs", "ls a?b", "ls [ab]c", "ls {a,b}", "ls {}", "echo ~",
    "echo ~/x", "FOO=bar ls", "123", "\"ls\" a", "'ls' a", "ls |& cat", "ls ;; cat", "ls &", "ls & cat b",
    "! ls", "(ls)", "{ ls; }", "ls > f", "ls 2>&1", "ls < f", "echo $HOME", "echo \"$HOME\"", "echo $(ls)",
    "echo `ls`", "ls # c", "ls #c", "ls a#c", "# only", "", "if true; then ls; fi",
    "for i in a; do ls; done", "while true; do ls; done", "case x in a) ls;; esac", "f() { ls; }",
    "[ -f x ]", "[[ -f x ]]", "cat <<EOF\nhi\nEOF", "cat <<< x", "export A=b", "declare x", "local x",
    "unset x", "readonly A=1", "((x=1))", "echo \\$HOME", "echo \"\\$HOME\"", "echo \"a`ls`\"", "ls \\",
    "\\ls", "l\\s a", "find . -name *.rs", "echo ^x", "echo {1..3}", "echo }", "echo {", "echo ]", "echo [",
    "echo a]", "echo =", "echo =x", "ls $'a'", "ls $\"a\"", "ls\\ a", "ls &&", "&& ls", "ls |", "| ls", ";",
    "ls ; ; cat", "ls 1>f", "ls 2>/dev/null", "ls >/dev/null 2>&1", "a=1", "a=1; ls", "a=1 b=2", "a\n;b",
    "a\n&& b", "a\n| b", "a ; # c", "# c\na", "a\n# c", "a\n# c\nb", "a;;", "a; ;", "a &&& b", "a &",
    "a & b", "a && b &", "a |& b", "a | b & c", "a > f && b", "a && b > f", "a && (b)", "(a) && b",
    "a && { b; }", "{ a; } && b", "! a", "! a && b", "a && ! b", "a \"\"\"\"", "a ''''", "a \"\"''",
    "a 10#x", "1 a", "a=b", "a=b c", "a= c", "a=\"b\" c", "a b=$c", "b=c; a", "a b[0]=c", "a [0]=c",
    "export a", "export a=b", "export", "unset a", "declare -x a", "typeset a", "local a", "readonly a",
    "[ a ]", "[ -f a ] && b", "[[ a ]]", "if", "for", "while", "function f", "select a", "a {", "a }",
    "a {}", "a {b}", "a {b", "a b}", "a (b", "a b)", "a ()", "a()", "a[0]", "a[0]=b", "a \"$(b)\"",
    "a \"`b`\"", "a \"$b\"", "a \"${b}\"", "a \"$\"", "a \"$ b\"", "a \"b$\"", "a $", "a $ b", "a b$",
    "a \"\\$b\"", "a \"\\\"\"", "a \"\\\\\"", "a \"b\\\nc\"", "a #", "a#", "a #b", "a \"b\"#c", "a b;#c",
    "a b; #c", "a;#c", "a ^b", "a b^c", "a ~", "a ~b", "a b~", "a b~c", "a b/~", "a /~", "a ~/b", "a :~",
    "a ?", "a b?", "a *", "a b*", "a b*c", "a [", "a ]", "a [b", "a b]", "a []", "a =", "a =b", "a ==",
    "a == b", "a >b", "a b>c", "a 2>b", "a <b", "a <<<b", "a << b", "a <(b)", "a >(b)", "a `b`", "a $(b)",
    "a $((1))", "a ((b))", "a 'b", "a \"b", "a b'", "a b\"", "a \\", "a \\\\", "a \\'", "a \\\"", "a b\\ c",
    "a \\b", "a b\\", "\"a\" b", "'a' b", "\"a\"b c", "a\"b\" c", "a'b' c", "./\"a\" b", "/bin/\"a\" b",
    "\"a b\"", "''", "\"\"", "'' a", "\"\" a", "a | b | ", "a && ", "a;b;;", "|a", "&&a", ";a", "; a", "&a",
    "&", "|", "&&", "||", "()", "{}", "{ }", "(a;b)", "a;(b)", "$(a)", "`a`", "$a", "${a}", "$a b", "~/a b",
    "*", "a && *", "a@b c", "a%b c", "a]b", "a^b", "=a", "a==b", "a=b=c", "1=2", "_a=b c",
];

/// What stands before and after a character, and the printable characters that keep such a script whole.
#[rustfmt::skip]
const CHARACTERS: &[(&str, &str, &str)] = &[
    ("echo ", "", "\"#$&'()*<=>?[\\]^`{|}~"), ("echo ", "x", "\"#$&'()*<=>?[\\]^`{}~"),
    ("echo x", "y", "\"#$&'()*<>?[\\]^`{}~"), ("echo x", "", "\"#$&'()*<>?[\\]^`{|}~"),
    ("", "x a", "\"#$&'()*;<=>?[\\]^`{|}~"), ("x", "y a", "\"#$%&'()*<=>?@[\\]^`{}~"),
    ("echo \"x", "y\"", "\"$`"), ("echo 'x", "y'", "'"), ("echo \"", "\"", "\"$\\`"),
    ("echo a\"x", "y\"", "\"$`"), ("echo \"a\"x", "y", "\"#$&'()*<>?[\\]^`{}~"),
    ("echo \"\\", "\"", "\"$\\`"),
    ("echo \\", "", "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"),
    ("echo \"x\\", "y\"", "\"$\\`"),
];

#[test]
fn scripts_split_as_the_real_cli_splits_them() {
    for (script, words) in SPLIT {
        let segments = rule_segments(script);
        let first: Option<Vec<&str>> = segments
            .as_ref()
            .and_then(|all| all.first())
            .map(|words| words.iter().map(|word| &**word).collect());
        assert_eq!(first.as_deref(), Some(*words), "{script:?}");
    }
}

#[test]
fn other_scripts_are_whole_as_for_the_real_cli() {
    for script in WHOLE {
        assert_eq!(rule_segments(script), None, "{script:?}");
    }
}

#[test]
fn each_character_counts_as_for_the_real_cli() {
    for (before, after, whole) in CHARACTERS {
        for c in '!'..='~' {
            let script = format!("{before}{c}{after}");
            assert_eq!(rule_segments(&script).is_none(), whole.contains(c), "{script:?}");
        }
    }
}

#[test]
fn segments_come_in_order() {
    let segments = rule_segments("a 'b c' && d | e; f --g=\"h\"\ni || j").unwrap();
    let expected: Vec<Vec<&str>> =
        vec![vec!["a", "b c"], vec!["d"], vec!["e"], vec!["f", "--g=h"], vec!["i"], vec!["j"]];
    assert_eq!(segments, expected);
}
