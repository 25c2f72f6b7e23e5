use proptest::prelude::*;

use super::*;
use crate::action::{Command, Dialect, Launch};
use crate::finding::Finding;
use crate::plugin::Config;
use crate::source::TextFile;

fn compile(text: &str) -> (ExecPolicy, Vec<Finding>) {
    let mut findings = Vec::new();
    let file = TextFile::new("default.rules", text);
    let policy = ExecPolicy::compile(&[file], &Config::default(), &mut findings);
    (policy, findings)
}

fn valid(text: &str) -> ExecPolicy {
    let (policy, findings) = compile(text);
    assert!(findings.is_empty(), "{text}: {findings:?}");
    policy
}

fn script(text: &str) -> Command<'_> {
    Command::Script { dialect: Dialect::Posix, text: text.into() }
}

fn verdict(policy: &ExecPolicy, words: &[&str]) -> Option<RuleVerdict> {
    policy.matching(words, "/w").iter().map(|rule| rule.verdict).max()
}

// Asked of Codex 0.169 with `execpolicy check`: each file loads, and the command gets the decision.
#[test]
#[allow(clippy::too_many_lines)]
fn files_that_codex_accepts() {
    use RuleVerdict::{Allow, Forbidden, Prompt};
    for (text, command, expected) in [
        ("prefix_rule([\"git\"])", "git", Some(Allow)),
        ("prefix_rule(pattern=[[\"git\"]])", "git", Some(Allow)),
        ("prefix_rule(pattern=[[\"git\",\"hg\"],[\"a\",\"b\"]])", "hg b", Some(Allow)),
        ("prefix_rule([\"git\"],\"prompt\")", "git", Some(Prompt)),
        ("prefix_rule([\"git\"],\"prompt\",[\"git x\"],[\"hg\"],\"why\")", "git", Some(Prompt)),
        ("prefix_rule([\"git\"],\"allow\",[],[],\"w\",True)", "GIT", Some(Allow)),
        ("prefix_rule([\"git\"],match=[[\"git\",\"a b\"]])", "git", Some(Allow)),
        ("prefix_rule([\"git\"],match=[\"/usr/bin/git x\"])", "git", Some(Allow)),
        ("prefix_rule([\"git\"],match=[\"git && ls\"])", "git", Some(Allow)),
        ("prefix_rule([\"git\"],match=[\"git # x\"])", "git", Some(Allow)),
        ("prefix_rule([\"git\",\"x y\"], match=[\"git x\\\\ y\"])", "git 'x y'", Some(Allow)),
        (
            "prefix_rule([\"git\"],not_match=[\"/opt/git x\"])\nhost_executable(name=\"git\",paths=[\"/usr/bin/git\"])",
            "/usr/bin/git",
            Some(Allow),
        ),
        (
            "def f(x):\n  prefix_rule([x])\nf(\"git\")\nfor i in [\"a\",\"b\"]:\n  f(i)\n[f(k) for k in [\"c\"]]",
            "c",
            Some(Allow),
        ),
        ("if True:\n  prefix_rule([\"git\"])", "git", Some(Allow)),
        ("prefix_rule([\"git\"]+[\"x\"]*2)", "git x x", Some(Allow)),
        ("g=\"it\"\nprefix_rule([f\"g{g}\"])", "git", Some(Allow)),
        ("prefix_rule([\"g%s\" % \"it\"])", "git", Some(Allow)),
        ("prefix_rule(\"git push\".split(\" \"))", "git push", Some(Allow)),
        ("f=lambda x: prefix_rule([x])\nf(\"git\")", "git", Some(Allow)),
        ("def f(x: str) -> None:\n  prefix_rule([x])\nf(\"git\")", "git", Some(Allow)),
        ("prefix_rule([\"git\"]); x = 5; x = 6", "git", Some(Allow)),
        ("prefix_rule(pattern=[\"git\"], **{\"decision\":\"prompt\"})", "git", Some(Prompt)),
        ("prefix_rule(*[[\"git\"]])", "git", Some(Allow)),
        ("prefix_rule([\"git\"])\r\nprefix_rule([\"hg\"])\r\n", "hg", Some(Allow)),
        ("True and prefix_rule([\"git\"])", "git", Some(Allow)),
        ("def prefix_rule(x): pass\nprefix_rule([\"git\"])", "git", None),
        ("prefix_rule([\"git *\"])", "git x", None),
        ("prefix_rule([\"git\",\"\"])", "git ''", Some(Allow)),
        (
            "prefix_rule([\"git\"])\nprefix_rule([\"git\"],\"prompt\")\nprefix_rule([\"git\",\"push\"],\"forbidden\")",
            "git push",
            Some(Forbidden),
        ),
        ("host_executable(name=\"git\",paths=[])", "git", None),
        ("host_executable(\"git\",[\"/usr/bin/../bin/git\",\"/usr/bin/git\"])", "git", None),
        ("host_executable(name=\"git\",paths=[\"/a/git/\"])", "git", None),
        ("network_rule(host=\"a.com\",protocol=\"https\",decision=\"allow\")", "git", None),
        ("network_rule(\"a.com:8\",\"http-connect\",\"deny\",\"why\")", "git", None),
        (
            "network_rule(\" A.COM. \",\"http\",\"prompt\")\nnetwork_rule(\"[::1]\",\"socks5_tcp\",\"forbidden\")",
            "git",
            None,
        ),
        ("network_rule(\"::1\",\"socks5_udp\",\"forbidden\")", "git", None),
        ("", "git", None),
        ("# only\n", "git", None),
    ] {
        let words = shlex::split(command).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(verdict(&valid(text), &words), expected, "{text}");
    }
}

// Asked of Codex 0.169 with `execpolicy check`: each file is refused.
#[test]
#[allow(clippy::too_many_lines)]
fn files_that_codex_refuses_say_where_and_what_to_do() {
    for (text, place, message) in [
        ("prefix_rule(pattern=[\"git\"], decision=\"deny\")", "1:1", "unknown decision `deny`"),
        ("\nprefix_rule(pattern=[\"git\"], decision=\"Allow\")", "2:1", "unknown decision `Allow`"),
        ("prefix_rule(pattern=[])", "1:1", "the pattern is empty"),
        ("prefix_rule(pattern=[\"git\",[]])", "1:1", "no alternative"),
        ("prefix_rule(pattern=\"git\")", "1:1", "not a list"),
        ("prefix_rule(pattern=(\"git\",\"x\"))", "1:1", "tuple, not a list"),
        ("prefix_rule(pattern=[\"git\",1])", "1:1", "type int"),
        ("prefix_rule(pattern=[\"git\",(\"a\",\"b\")])", "1:1", "type tuple"),
        ("prefix_rule(pattern=[\"git\",[\"a\",1]])", "1:1", "type int"),
        ("prefix_rule([\"git\"],\"prompt\",\"why\")", "1:1", "`match` is of type string"),
        ("prefix_rule([\"git\"],decision=None)", "1:1", "NoneType"),
        ("prefix_rule([\"git\"],justification=None)", "1:1", "NoneType"),
        ("prefix_rule([\"git\"],justification=\"  \")", "1:1", "`justification` is empty"),
        ("x = 1; prefix_rule([\"git\"],colour=\"x\")", "1:8", "colour"),
        ("prefix_rule()", "1:1", "Missing parameter `pattern`"),
        ("prefix_rule([\"git\"],match=[\"hg x\"])", "1:1", "`hg x` does not match"),
        ("prefix_rule([\"git\"],match=[\"git 'x\"])", "1:1", "unbalanced quotes"),
        ("prefix_rule([\"git\"],match=[\"\"])", "1:1", "is empty"),
        ("prefix_rule([\"git\"],match=[[]])", "1:1", "is empty"),
        ("prefix_rule([\"git\"],match=[1])", "1:1", "type int"),
        ("prefix_rule([\"git\"],match=\"git x\")", "1:1", "not a list"),
        ("prefix_rule([\"git\"],not_match=[\"git x\"])", "1:1", "`git x` matches"),
        ("prefix_rule([\"git\",\"x\"],match=[\"bash -lc 'git x'\"])", "1:1", "does not match"),
        ("prefix_rule([\"git\",\"#\"], match=[\"git # x\"])", "1:1", "does not match"),
        ("prefix_rule([\"git\"],canonical_matching=\"x\")", "1:1", "not a boolean"),
        (
            "host_executable(name=\"git\",paths=[\"/usr/bin/git\"])\nprefix_rule([\"git\"],match=[\"/opt/git x\"])",
            "2:1",
            "does not match",
        ),
        ("def f():\n  prefix_rule([])\nf()", "2:3", "the pattern is empty"),
        ("x=1\nprefix_rule([\"git\"])\nfoo(", "3:5", "Parse error"),
        ("foo(\"x\")", "1:1", "`foo` not found"),
        ("print(1)", "1:1", "`print` not found"),
        ("load(\"a.rules\",\"b\")", "1:1", "No imports"),
        ("while True:\n  pass", "1:1", "reserved keyword"),
        ("struct(a=1)", "1:1", "not found"),
        ("fail(\"no\")", "1:1", "fail: no"),
        ("host_executable(name=\"git\",paths=[\"git\"])", "1:1", "not absolute"),
        ("host_executable(name=\"git\",paths=[\"~/git\"])", "1:1", "not absolute"),
        ("host_executable(name=\"git\",paths=[\"/usr/bin/hg\"])", "1:1", "does not end in `/git`"),
        ("host_executable(name=\"a/b\",paths=[\"/a/b\"])", "1:1", "not the bare name"),
        ("host_executable(name=\"\",paths=[\"/a/b\"])", "1:1", "not the bare name"),
        ("host_executable(name=\"..\",paths=[])", "1:1", "not the bare name"),
        ("host_executable(name=\"git\",paths=[1])", "1:1", "type int"),
        ("network_rule(\"a.com\",\"ftp\",\"deny\")", "1:1", "unknown protocol"),
        ("network_rule(\"a.com\",\"socks5\",\"deny\")", "1:1", "unknown protocol"),
        ("network_rule(\"*.com\",\"https\",\"deny\")", "1:1", "wildcard"),
        ("network_rule(\"http://a.com\",\"https\",\"deny\")", "1:1", "not a bare host"),
        ("network_rule(\"a.com/x\",\"https\",\"deny\")", "1:1", "not a bare host"),
        ("network_rule(\"?x\",\"https\",\"deny\")", "1:1", "not a bare host"),
        ("network_rule(\"\",\"https\",\"deny\")", "1:1", "is empty"),
        ("network_rule(\"a b\",\"https\",\"deny\")", "1:1", "white space"),
        ("network_rule(\"a.com\",\"https\",\"deny\",justification=\" \")", "1:1", "`justification` is empty"),
        ("network_rule(\"a.com\",\"https\")", "1:1", "Missing parameter"),
        ("prefix_rule([\"git\"]", "1:20", "Parse error"),
        ("\tprefix_rule([\"git\"])", "1:1", "tabs"),
        ("\u{feff}prefix_rule([\"git\"])", "1:1", "invalid input"),
        ("a = set([1])", "1:5", "not found"),
    ] {
        let (policy, findings) = compile(text);
        let [finding] = findings.as_slice() else { panic!("{text}: {findings:?}") };
        let at = finding.place.as_ref().unwrap();
        assert_eq!(format!("{}:{}", at.line, at.column), place, "{text}");
        assert!(finding.message.contains(message), "{text}: {}", finding.message);
        assert!(!finding.help.is_empty(), "{text}");
        assert!(policy.is_empty(), "{text}: no rule of a refused file counts");
    }
}

#[test]
fn all_problems_of_a_file_are_told() {
    let (_, findings) =
        compile("prefix_rule([])\nprefix_rule([1], decision=\"ask\")\nhost_executable(\"\", [])\n");
    let lines: Vec<u32> = findings.iter().map(|finding| finding.place.as_ref().unwrap().line).collect();
    assert_eq!(lines, [1, 2, 2, 3]);
    assert!(findings[1].help.contains("prompt"), "{:?}", findings[1]);
}

const RULES: &str = r#"prefix_rule(["fb"],"forbidden",justification="why fb")
prefix_rule(["fbn"],"forbidden")
prefix_rule(["fbn","x",["a","b"]],"forbidden")
prefix_rule(["fbj"],"forbidden",justification="short")
prefix_rule(["fbj","x"],"forbidden",justification="long")
prefix_rule(["fbk"],"forbidden",justification="j1")
prefix_rule(["fbk"],"forbidden",justification="j2")
prefix_rule(["fbm","x"],"forbidden",justification="long")
prefix_rule(["fbm"],"forbidden")
prefix_rule(["pr"],"prompt",justification="why pr")
prefix_rule(["true"],"allow")
prefix_rule(["touch"],"allow")
"#;

// Asked of Codex 0.169 with `exec`: the text with which it refuses the command.
#[test]
fn refusals_read_as_codex_writes_them() {
    let policy = valid(RULES);
    for (text, expected) in [
        ("fb", "`/bin/bash -lc fb` rejected: why fb"),
        ("fb a 'b c' \"d\"", "`/bin/bash -lc \"fb a 'b c' \\\"d\\\"\"` rejected: why fb"),
        ("/usr/bin/fb x", "`/bin/bash -lc '/usr/bin/fb x'` rejected: why fb"),
        ("./fb", "`/bin/bash -lc ./fb` rejected: why fb"),
        ("../fb", "`/bin/bash -lc ../fb` rejected: why fb"),
        ("pr && fb", "`/bin/bash -lc 'pr && fb'` rejected: why fb"),
        ("fb && pr", "`/bin/bash -lc 'fb && pr'` rejected: why fb"),
        ("fbn x a", "`/bin/bash -lc 'fbn x a'` rejected: policy forbids commands starting with `fbn x a`"),
        (
            "fbn x b c",
            "`/bin/bash -lc 'fbn x b c'` rejected: policy forbids commands starting with `fbn x b`",
        ),
        ("fbn x", "`/bin/bash -lc 'fbn x'` rejected: policy forbids commands starting with `fbn`"),
        ("fbj x", "`/bin/bash -lc 'fbj x'` rejected: long"),
        ("fbk z", "`/bin/bash -lc 'fbk z'` rejected: j2"),
        ("fbm x", "`/bin/bash -lc 'fbm x'` rejected: long"),
        ("fbn && fbj x", "`/bin/bash -lc 'fbn && fbj x'` rejected: long"),
        (
            "fbj x && fbn x a",
            "`/bin/bash -lc 'fbj x && fbn x a'` rejected: policy forbids commands starting with `fbn x a`",
        ),
    ] {
        let command = script(text);
        let invocation = Invocation::new(&command, "/w");
        let decision = policy.decide(&invocation);
        assert_eq!(decision.verdict, Some(RuleVerdict::Forbidden), "{text}");
        assert_eq!(decision.refusal(&invocation), expected);
    }
}

// Asked of Codex 0.169 with `exec` in a read-only sandbox: did `touch` write outside of it?
#[test]
fn only_a_command_allowed_in_every_part_leaves_the_sandbox() {
    let policy = valid(RULES);
    for (text, verdict, allowed) in [
        ("true && touch /a && ls /a", Some(RuleVerdict::Allow), false),
        ("true && touch /a", Some(RuleVerdict::Allow), true),
        ("touch /a; true", Some(RuleVerdict::Allow), true),
        ("touch /a > /dev/null", None, false),
        ("/usr/bin/touch /a", Some(RuleVerdict::Allow), true),
        ("touch /a | true", Some(RuleVerdict::Allow), true),
        ("pr && touch /a", Some(RuleVerdict::Prompt), false),
        ("ls", None, false),
        ("(fb)", None, false),
        ("FB", None, false),
    ] {
        let command = script(text);
        let decision = policy.decide(&Invocation::new(&command, "/w"));
        assert_eq!((decision.verdict, decision.all_allowed), (verdict, allowed), "{text}");
    }
}

// Asked of Codex 0.169 with `exec`: a script that is not split is one command of the shell.
#[test]
fn scripts_that_are_not_split_match_by_their_shell() {
    use RuleVerdict::{Forbidden, Prompt};
    let policy = valid(
        "prefix_rule([\"/bin/bash\",\"-lc\"],\"prompt\")\nprefix_rule([\"sh\"],\"forbidden\")\n\
         prefix_rule([\"/bin/bash\",\"-c\"],\"forbidden\")\nprefix_rule([\"bash\"],\"prompt\")\n",
    );
    for (text, shell, flag, expected) in [
        ("ls", "/bin/bash", "-lc", None),
        ("ls > /dev/null", "/bin/bash", "-lc", Some(Prompt)),
        ("ls > /dev/null", "/usr/bin/sh", "-lc", Some(Forbidden)),
        ("ls > /dev/null", "/bin/bash", "-c", Some(Forbidden)),
        ("ls", "/bin/bash", "-c", None),
        ("bash -c ls", "/bin/bash", "-lc", Some(Prompt)),
        ("sh -c ls", "/bin/bash", "-lc", Some(Forbidden)),
    ] {
        let command = script(text);
        let invocation = Invocation { shell, flag, ..Invocation::new(&command, "/w") };
        assert_eq!(policy.decide(&invocation).verdict, expected, "{shell} {flag} {text}");
    }
    let argv = Command::Argv(vec!["/opt/sh".into(), "x".into()]);
    assert_eq!(policy.decide(&Invocation::new(&argv, "/w")).verdict, Some(Forbidden));
}

// Asked of Codex 0.169: a rule for the path as written hides rules for the bare name.
#[test]
fn a_rule_for_the_path_comes_before_one_for_the_name() {
    use RuleVerdict::{Forbidden, Prompt};
    let policy =
        valid("prefix_rule([\"/usr/bin/git\",\"x\"],\"forbidden\")\nprefix_rule([\"git\"],\"prompt\")");
    for (words, expected) in [
        (vec!["git", "x"], Some(Prompt)),
        (vec!["/usr/bin/git", "x"], Some(Forbidden)),
        (vec!["/usr/bin/git"], Some(Prompt)),
        (vec!["/opt/git"], Some(Prompt)),
        (vec!["/usr/bin/Git"], None),
    ] {
        assert_eq!(verdict(&policy, &words), expected, "{words:?}");
    }
}

#[test]
fn hostile_files_end_in_a_finding() {
    let long = format!("x = {}1", "-".repeat(200_000));
    let ors = format!("x = {}1", "1 or ".repeat(1_450));
    let dots = format!("x = a{}", ".b".repeat(100_000));
    let deep = format!("x = {}{}", "[".repeat(5_000), "]".repeat(5_000));
    let elifs = format!("if 0:\n  x=1\n{}", "elif 0:\n  x=1\n".repeat(5_000));
    for text in [
        "def f(n):\n  return f(n+1)\nf(0)",
        "[prefix_rule([str(i)]) for i in range(1000000000)]",
        "[0 for i in range(100000) for j in range(100000)]",
        "x = [\"a\"]\nfor i in range(100000000):\n  x.append(\"b\" + str(i))",
        "s = \"ab\"\nfor i in range(60):\n  s = s + s",
        "x = [1]\nfor i in range(60):\n  x = x + x",
        "x = [\"a\"] * 2000000000",
        &long,
        &dots,
        &deep,
        "fail(\"\\x1b[31m\")",
    ] {
        let (policy, findings) = compile(text);
        assert!(!findings.is_empty() && policy.is_empty(), "{}", text.get(..60).unwrap_or(text));
    }
    let minus = format!("x = {}1", "-".repeat(1_450));
    let nots = format!("x = {}1", "not ".repeat(1_450));
    let adds = format!("x = {}1", "1+".repeat(1_450));
    let calls = format!("x = f{}", "()".repeat(1_450));
    let lambdas = format!("x = {}1", "lambda: ".repeat(1_450));
    let ifs = format!("x = {}1", "1 if 1 else ".repeat(1_450));
    for text in [&ors, &elifs, &minus, &nots, &adds, &calls, &lambdas, &ifs] {
        compile(text);
    }
}

#[test]
fn requirements_only_narrow() {
    let toml = r#"[rules]
prefix_rules = [
  { pattern = [{ token = "git" }, { any_of = ["push", "fetch"] }], decision = "forbidden", justification = "no" },
  { pattern = [{ token = "x" }], decision = "allow" },
  { pattern = [], decision = "prompt" },
  { pattern = [{ token = "x", any_of = ["y"] }], decision = "prompt" },
  { decision = "prompt" },
]
"#;
    let mut findings = Vec::new();
    let file = TextFile::new("requirements.toml", toml);
    let requirements = Config::from_layers([&file], &mut findings);
    let broken = TextFile::new("a.rules", "prefix_rule([");
    let policy = ExecPolicy::compile(&[broken], &requirements, &mut findings);
    let lines: Vec<u32> = findings.iter().map(|finding| finding.place.as_ref().unwrap().line).collect();
    assert_eq!(lines, [1, 4, 5, 6, 7], "{findings:?}");
    assert_eq!(verdict(&policy, &["git", "fetch"]), Some(RuleVerdict::Forbidden));
    assert_eq!(policy.rules()[0].place.line, 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_files_never_panic(text in "(prefix_rule\\(|\\[|\\]|\"git\"|,|\\)|decision=|\"prompt\"|match=|for i in |:|\n|  |i|def f\\(|f|'|\\*\\*|\\{|\\}){0,30}") {
        compile(&text);
    }

    #[test]
    fn one_more_rule_never_loosens(first in "[ab]", second in "[ab]", verdict_at in 0_usize..3, words in prop::collection::vec("[ab]", 1..3)) {
        let before = valid(&format!("prefix_rule([\"{first}\"], \"prompt\")"));
        let name = RuleVerdict::NAMES[verdict_at];
        let after = valid(&format!("prefix_rule([\"{first}\"], \"prompt\")\nprefix_rule([\"{second}\"], \"{name}\")"));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        prop_assert!(verdict(&after, &words) >= verdict(&before, &words));
    }
}

// Asked of Codex 0.169 with `exec_command`'s `shell` and `login`, on a machine with bash and sh alone.
#[test]
fn scripts_are_matched_with_the_shell_that_runs_them() {
    let command = Command::Script { dialect: Dialect::Posix, text: "ls > x".into() };
    for (shell, no_login, line) in [
        (None, false, "/bin/bash -lc 'ls > x'"),
        (None, true, "/bin/bash -c 'ls > x'"),
        (Some("bash"), false, "/bin/bash -lc 'ls > x'"),
        (Some("/usr/bin/bash"), true, "/bin/bash -c 'ls > x'"),
        (Some("sh"), false, "/usr/bin/sh -lc 'ls > x'"),
        (Some("/bin/sh"), true, "/usr/bin/sh -c 'ls > x'"),
        (Some("zsh"), false, "/bin/sh -lc 'ls > x'"),
        (Some("python3"), false, "/bin/sh -lc 'ls > x'"),
        (Some(""), false, "/bin/sh -lc 'ls > x'"),
    ] {
        let launch = Launch { shell: shell.map(Into::into), login: no_login.then_some(false) };
        assert_eq!(Invocation::new(&command, "/w").launched(&launch).line(), line, "{shell:?} {no_login}");
    }
}
