use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::transcript::json::Object;

/// Calls as `name <- input`, with `?` at the end when the script is opaque.
fn told(script: &str) -> Vec<String> {
    let script = Source::read(script).into_literal();
    let mut told: Vec<_> = script
        .calls
        .into_iter()
        .map(|call| {
            let (Input::Text(input) | Input::Json(input)) = call.input;
            format!("{} <- {input}", call.name)
        })
        .collect();
    told.extend(script.opaque.then(|| "?".to_owned()));
    told
}

#[test]
fn literal_calls_are_read() {
    for (script, want) in [
        (r#"await tools.exec_command({cmd: "ls -l"});"#, r#"exec_command <- {"cmd":"ls -l"}"#),
        (
            r#"const r = await tools.exec_command({"cmd": 'ls', workdir: `/w`, yield_time_ms: t}); text(r.output)"#,
            r#"exec_command <- {"cmd":"ls","workdir":"/w"}"#,
        ),
        (
            r#"const f = "src/" + "a.rs"; await tools.exec_command({cmd: "cat " + f})"#,
            r#"exec_command <- {"cmd":"cat src/a.rs"}"#,
        ),
        (
            r"const n = 5; await tools.exec_command({cmd: `head -${n} a`})",
            r#"exec_command <- {"cmd":"head -5 a"}"#,
        ),
        (r#"const cmd = "ls"; await tools.exec_command({cmd})"#, r#"exec_command <- {"cmd":"ls"}"#),
        (
            "await tools.apply_patch(`*** Begin Patch\n*** End Patch`)",
            "apply_patch <- *** Begin Patch\n*** End Patch",
        ),
        (r"const P = String.raw`a\nb`; await tools.apply_patch(P)", r"apply_patch <- a\nb"),
        (r#"await tools.apply_patch(["a","b"].join("\n"))"#, "apply_patch <- a\nb"),
        ("await tools.apply_patch(`\na\n`.trim())", "apply_patch <- a"),
        (
            r#"await tools.mcp__srv__tool({id: "1", deep: {a: [1, true, null]}})"#,
            r#"mcp__srv__tool <- {"deep":{"a":[1,true,null]},"id":"1"}"#,
        ),
        (r#"await tools["exec_command"]({cmd: "ls"})"#, r#"exec_command <- {"cmd":"ls"}"#),
        (r#"const run = tools.exec_command; await run({cmd: "ls"})"#, r#"exec_command <- {"cmd":"ls"}"#),
        (
            r#"const {exec_command} = tools; await exec_command({cmd: "ls"})"#,
            r#"exec_command <- {"cmd":"ls"}"#,
        ),
        (
            r#"if (x) { try { await tools.exec_command({cmd: "ls"}) } catch (e) { text("E " + e) } }"#,
            r#"exec_command <- {"cmd":"ls"}"#,
        ),
        ("await tools.update_plan({plan: steps})", "update_plan <- {}"),
        ("await tools.get_goal()", "get_goal <- {}"),
        (
            "// @exec: {\"yield_time_ms\": 10}\nawait tools.exec_command({cmd: 'ls'})",
            r#"exec_command <- {"cmd":"ls"}"#,
        ),
    ] {
        assert_eq!(told(script), [want], "{script}");
    }
    assert_eq!(told("text(1 + 1)"), [""; 0]);
    let both = r#"await Promise.all([tools.exec_command({cmd: "a"}), tools.exec_command({cmd: "b"})])"#;
    assert_eq!(told(both), [r#"exec_command <- {"cmd":"a"}"#, r#"exec_command <- {"cmd":"b"}"#]);
}

#[test]
fn what_cannot_be_read_makes_the_script_opaque() {
    for script in [
        "await tools.exec_command({cmd: x})",
        "await tools.exec_command({...options})",
        "await tools.exec_command(options)",
        r#"let cmd = "ls"; cmd += " /etc"; await tools.exec_command({cmd})"#,
        r#"const cmd = "ls"; { const cmd = load("x"); await tools.exec_command({cmd}) }"#,
        r#"for (const cmd of ["ls"]) await tools.exec_command({cmd})"#,
        r#"const o = {cmd: "ls"}; o.cmd = "rm"; await tools.exec_command(o)"#,
        "await tools[name]({})",
        "const t = tools; await t.exec_command({cmd: 'ls'})",
        "let {exec_command} = tools; exec_command = null",
        "const {...all} = tools",
        "run(tools)",
        "run({tools})",
        "Object.values(tools).map(f => f({cmd: 'ls'}))",
        "list.map(tools.exec_command)",
        "eval('tools.exec_command({cmd: 1})')",
        "new Function('return tools')()",
        "(() => {}).constructor('return tools')()",
        "x['constr' + 'uctor']('return tools')()",
        "globalThis['to' + 'ols'].exec_command({cmd: 'ls'})",
        "tools.exec_command`ls`",
        "const run = tools.exec_command; list.map(run)",
        "function tools() {}",
        "const {exec_command: run} = tools",
    ] {
        assert_eq!(told(script), ["?"], "{script}");
    }
    // What can be read is kept.
    assert_eq!(told("await tools.exec_command({cmd: 'ls'}); ((("), [r#"exec_command <- {"cmd":"ls"}"#, "?"]);
    assert_eq!(told("await tools.mcp__srv__tool({a: 1, id: x})"), [r#"mcp__srv__tool <- {"a":1}"#, "?"]);
    assert_eq!(told("await tools.mcp__srv__tool(x)"), ["mcp__srv__tool <- {}", "?"]);
}

#[test]
fn hostile_scripts_end_soon() {
    let mut doubling = String::new();
    for n in 1..60 {
        writeln!(doubling, "const a{n} = a{} + a{};", n - 1, n - 1).unwrap();
    }
    let script = format!("const a0 = 'xxxxxxxx';\n{doubling}await tools.exec_command({{cmd: a59}})");
    assert_eq!(told(&script), ["?"]);
    assert_eq!(told("const a = a; await tools.exec_command({cmd: a})"), ["?"]);
    let deep = format!("await tools.exec_command({{cmd: {}'ls'{}}})", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(told(&deep), ["?"]);
    assert_eq!(told(&" ".repeat(MAX_SCRIPT + 1)), ["?"]);
    let many = Source::read(&"tools.get_goal();".repeat(MAX_CALLS + 1)).into_literal();
    assert_eq!((many.calls.len(), many.opaque), (MAX_CALLS, true));
}

/// What a script certainly did, by its text and this story: its calls, with `?` at the end when there may be others.
fn done(script: &str, mut story: Story<'_>) -> Vec<String> {
    let (script, _) =
        Source::read(script).evaluate(&mut story, &mut Stored::default(), &mut Means::default());
    let mut told: Vec<_> = script
        .calls
        .into_iter()
        .map(|call| {
            let (Input::Text(input) | Input::Json(input)) = call.input;
            format!("{} <- {input}", call.name)
        })
        .collect();
    told.extend(script.opaque.then(|| "?".to_owned()));
    told
}

fn completed(noted: Vec<Noted>) -> Story<'static> {
    Story { end: End::Completed, noted, ..Story::default() }
}

fn ran(command: &str, exit_code: i64, output: &str) -> Noted {
    let item = serde_json::json!({"type": "CommandExecution", "command": ["/bin/bash", "-lc", command],
        "status": "completed", "exit_code": exit_code, "aggregated_output": output,
        "duration": {"secs": 0, "nanos": 1000}})
    .to_string();
    Noted::item(&Object::parse(&item).unwrap()).unwrap()
}

#[test]
fn loops_and_functions_are_run() {
    let c = |command: &str| format!(r#"exec_command <- {{"cmd":"{command}"}}"#);
    for (script, want) in [
        (
            "for (const f of ['a', 'b']) { await tools.exec_command({cmd: 'cat ' + f}); }",
            vec![c("cat a"), c("cat b")],
        ),
        (
            "const run = cmd => tools.exec_command({cmd}); await run('a'); await run('b');",
            vec![c("a"), c("b")],
        ),
        ("await Promise.all(['a', 'b'].map(cmd => tools.exec_command({cmd})))", vec![c("a"), c("b")]),
        ("if (false) await tools.exec_command({cmd: 'a'}); for (;;) { break }", vec![]),
        ("const t = tools; await t['exec_' + 'command']({cmd: 'a'})", vec![c("a")]),
        (
            "const r = await tools.exec_command({cmd: 'a'}); for (const l of r.output.trim().split('\\n')) await tools.exec_command({cmd: 'cat ' + l})",
            vec![c("a"), c("cat x"), c("cat y")],
        ),
        (
            "const {exit_code} = await tools.exec_command({cmd: 'a'}); if (exit_code === 0) await tools.exec_command({cmd: 'b'}); else await tools.exec_command({cmd: 'c'})",
            vec![c("a"), c("b")],
        ),
    ] {
        let noted = vec![
            ran(
                "a", 0, "x
y
",
            ),
            ran("b", 0, ""),
            ran("cat a", 1, ""),
            ran("cat b", 0, ""),
            ran("cat x", 0, ""),
            ran("cat y", 0, ""),
        ];
        assert_eq!(done(script, completed(noted)), want, "{script}");
    }
}

fn printed(end: End, pieces: &[&str], noted: Vec<Noted>) -> Story<'static> {
    let printed = pieces.iter().map(|piece| Some((*piece).to_owned().into())).collect();
    Story { end, printed: Some(printed), noted, ids: Vec::new() }
}

fn sh(command: &str) -> String {
    format!(r#"exec_command <- {{"cmd":"{command}"}}"#)
}

/// Codex 0.169: what a hook, a rule or the patch check refuses rejects with a string and leaves no item; a command
/// that the sandbox stops at once gives its exit code and output, and leaves none either.
#[test]
fn calls_without_items_were_refused_or_stopped() {
    let blocked = "Command blocked by PreToolUse hook: no. Command: b";
    let each = "for (const cmd of ['a', 'b', 'c']) {
        try { const r = await tools.exec_command({cmd}); text(r.output); } catch (e) { text('E ' + e); } }";
    let all = vec![sh("a"), sh("b"), sh("c")];
    let noted = || vec![ran("a", 0, "x"), ran("c", 0, "z")];
    assert_eq!(done(each, printed(End::Completed, &["x", &format!("E {blocked}"), "z"], noted())), all);
    assert_eq!(done(each, printed(End::Completed, &["x", "Permission denied", "z"], noted())), all);
    // Whether the second one ran is told by what was printed.
    let once = "try { await tools.exec_command({cmd: 'b'}); text('ran') } catch { text('not') }
        if (globalThis.x) 0; let n = 0; try { await tools.exec_command({cmd: 'b'}); n = 1 } catch {}
        text(n); if (n) await tools.exec_command({cmd: 'c'});";
    let story = |n: &'static str| printed(End::Completed, &["not", n], vec![]);
    assert_eq!(done(once, story("0")), [sh("b"), sh("b")]);
    assert_eq!(done(once, story("1")), [sh("b"), sh("b"), sh("c")]);
    // Without a word on it, only what is common to both ways is certain.
    let quiet = "let n = 0; try { await tools.exec_command({cmd: 'b'}); n = 1 } catch {}
        await tools.exec_command({cmd: 'x' + n}); await tools.exec_command({cmd: 'y'});";
    assert_eq!(done(quiet, completed(vec![])), [sh("b"), sh("y"), "?".to_owned()]);
    let noted = vec![ran("x0", 0, "")];
    assert_eq!(done(quiet, completed(noted)), [sh("b"), sh("x0"), sh("y")]);
}

#[test]
fn a_failed_script_made_the_calls_up_to_the_refused_one() {
    let script = "for (const cmd of ['a', 'b', 'c', 'd']) await tools.exec_command({cmd});";
    let error = "Script error:\nCommand blocked by PreToolUse hook: no. Command: c";
    assert_eq!(
        done(script, printed(End::Failed, &[error], vec![ran("a", 0, "")])),
        [sh("a"), sh("b"), sh("c")]
    );
    let rule = "Script error:\nexec_command failed: CreateProcess { message: \"Rejected(\\\"`/bin/bash -lc b` rejected: no\\\")\" }";
    assert_eq!(done(script, printed(End::Failed, &[rule], vec![ran("a", 0, "")])), [sh("a"), sh("b")]);
    // An item of the third says that the second was not the one.
    let silent = "Script error:\npolicy";
    let noted = vec![ran("a", 0, ""), ran("c", 0, "")];
    let told = done(script, printed(End::Failed, &[silent], noted));
    assert_eq!(told, [sh("a"), sh("b"), sh("c"), sh("d")]);
    // Interrupted: the last call may have been the last.
    let cut = Story { noted: vec![ran("a", 0, "")], ..Story::default() };
    assert_eq!(done(script, cut), [sh("a"), sh("b"), "?".to_owned()]);
}

#[test]
fn what_the_recording_does_not_tell_ends_the_evaluation() {
    for (script, want) in [
        (
            "if (Math.random() < 2) for (const cmd of ['x']) await tools.exec_command({cmd});",
            vec!["?".into()],
        ),
        (
            "await tools.exec_command({cmd: 'a'}); const n = Date.now(); if (n) await tools.exec_command({cmd: `${n}`});",
            vec![sh("a"), "?".into()],
        ),
        (
            "const r = await tools.exec_command({cmd: 'a'}); await tools.exec_command({cmd: r.chunk_id});",
            vec![sh("a"), "?".into()],
        ),
        (
            "const r = await tools.exec_command({cmd: 'q'}); if (r.exit_code) await tools.exec_command({cmd: String('a1')});",
            vec![sh("q"), "?".into()],
        ),
        ("for (const t of ALL_TOOLS) await tools[t.name]({});", vec!["?".into()]),
        ("for (const t of Object.keys(tools)) await tools[t]({});", vec!["?".into()]),
        ("const f = tools.odd ? 'a' : 'b'; await tools.exec_command({cmd: f + f});", vec!["?".into()]),
        (
            "const r = await Promise.race([tools.exec_command({cmd: 'a'}), tools.exec_command({cmd: 'b'})]); await tools.exec_command({cmd: r.output});",
            vec![sh("a"), sh("b"), "?".into()],
        ),
        (
            "const r = await tools.web__run({}); for (const x of r) await tools.exec_command({cmd: x});",
            vec!["web__run <- {}".into(), "?".into()],
        ),
        (
            "const r = await tools.exec_command({cmd: 'a', max_output_tokens: 0}); await tools.exec_command({cmd: r.output});",
            vec![r#"exec_command <- {"cmd":"a","max_output_tokens":0}"#.into(), "?".into()],
        ),
        ("let n = 1n; for (const x of [1]) await tools.exec_command({cmd: 'x' + n});", vec!["?".into()]),
        (
            "if (load('k') === undefined) for (const x of ['a']) await tools.exec_command({cmd: x});",
            vec![sh("a")],
        ),
        (
            "const r = await tools.exec_command({cmd: 'a'}); for (const x of [new Intl.Collator()]) await tools.exec_command({cmd: 'b'});",
            vec![sh("a"), "?".into()],
        ),
    ] {
        let told = done(script, completed(vec![ran("a", 0, "out"), ran("b", 0, "")]));
        let want: Vec<String> = want;
        // What only the text shows comes last.
        assert!(
            told.starts_with(&want[..want.len() - 1]) && told.last() == want.last(),
            "{script}\n{told:?}"
        );
    }
}

#[test]
fn what_the_recording_contradicts_is_not_believed() {
    let script = "for (const cmd of ['a']) { const r = await tools.exec_command({cmd}); text(r.output); }";
    let noted = || vec![ran("a", 0, "out")];
    assert_eq!(done(script, printed(End::Completed, &["out"], noted())), [sh("a")]);
    assert_eq!(done(script, printed(End::Completed, &["other"], noted())), ["?"]);
    assert_eq!(done(script, printed(End::Completed, &["out", "more"], noted())), ["?"]);
    assert_eq!(done(script, printed(End::Failed, &["out", "Script error:\nx"], noted())), ["?"]);
}

#[test]
fn what_is_stored_is_loaded_later() {
    let mut stored = Stored::default();
    let mut run = |script: &str| {
        let mut story = completed(vec![]);
        let (script, _) = Source::read(script).evaluate(&mut story, &mut stored, &mut Means::default());
        script.calls.len() * 10 + usize::from(script.opaque)
    };
    assert_eq!(run("store('k', ['a', 'b']); for (const x of []) await tools.get_goal({});"), 0);
    assert_eq!(run("for (const cmd of load('k')) await tools.exec_command({cmd});"), 20);
    assert_eq!(run("store('k', Math.random());"), 0);
    assert_eq!(run("for (const x of load('none') ?? []) await tools.exec_command({cmd: x});"), 1);
}

/// Codex 0.169 gives whatever an MCP server gave, and errors as results.
#[test]
fn results_of_mcp_tools_are_given() {
    let item = |json: serde_json::Value| Noted::item(&Object::parse(&json.to_string()).unwrap()).unwrap();
    let noted = |id: u32, more: serde_json::Value| {
        let mut json = serde_json::json!({"type": "McpToolCall", "server": "issue-tracker", "tool": "ro",
            "arguments": {"id": id}, "status": "completed"});
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item(json)
    };
    let script = "for (const id of [1, 2]) { const r = await tools.mcp__issue_tracker__ro({id});
        await tools.exec_command({cmd: r.isError ? r.content[0].text : r.structuredContent.n + r.content[0].text}); }";
    let story = completed(vec![
        noted(
            1,
            serde_json::json!({"result": {"content": [{"type": "text", "text": "a"}], "structuredContent": {"n": "x"}}}),
        ),
        noted(2, serde_json::json!({"error": {"message": "refused"}})),
    ]);
    let tool = |id: u32| format!(r#"mcp__issue_tracker__ro <- {{"id":{id}}}"#);
    assert_eq!(done(script, story), [tool(1), sh("xa"), tool(2), sh("refused")]);
}

/// Scripts that mean harm: all end soon, and nothing is claimed of what they did.
#[test]
fn harmful_scripts_end_soon_and_stay_opaque() {
    let call = "await tools.exec_command({cmd: x});";
    for script in [
        "for (;;) {}",
        "for (;;) await 0;",
        "const f = () => f(); f();",
        "const f = () => { try { f() } finally { f() } }; f();",
        "const f = async () => { await null; return f(); }; await f();",
        "const f = () => setTimeout(f, 0); f(); await new Promise(() => {});",
        "let x = 'x'; for (;;) x += x;",
        "const x = 'x'.repeat(2 ** 29);",
        "const a = []; for (;;) a.push(a);",
        "const a = new Array(4e9).fill(1);",
        "[].indexOf.call({length: 2 ** 53 - 1}, 1); for (;;) {}",
        "/(a+)+$/.test('a'.repeat(50) + 'b'); /(.*)*x/.test('a'.repeat(9999)); for (;;) {}",
        "function* g() { for (;;) yield 1 } const all = [...g()];",
        "for await (const r of as_settled((function* () { for (;;) yield 1 })())) {}",
        "await { then(done) { for (;;) {} } };",
        "const o = {get cmd() { for (;;) {} }}; await tools.exec_command(o);",
        "await tools.exec_command({toJSON() { for (;;) {} }});",
        "text({toString() { for (;;) {} }, toJSON() { for (;;) {} }});",
        "Object.prototype.get = () => { for (;;) {} }; for (;;) {}",
        "Promise.prototype.then = () => { for (;;) {} }; await tools.get_goal({});",
        "for (;;) { try { for (;;) await tools.get_goal({}) } catch {} }",
        "for (;;) tools.get_goal({});",
        "for (let i = 0; ; i++) text(i);",
        "for (let i = 0; ; i++) store(`k${i}`, 'x'.repeat(9999));",
        "const p = new Proxy({}, {get: () => p, has: () => { for (;;) {} }}); await p.a.b.c; with_(p);",
        "let n = 2n; for (;;) n = n * n;",
        "eval('for (;;) {}')",
        "new Function('for (;;) {}')()",
        "(async () => {}).constructor('for (;;) {}')()",
        "import('x'); await import('y'); for (;;) {}",
        "import x from 'y'",
        "export default await tools.exec_command({cmd: globalThis['proc' + 'ess'].env.x})",
        "JSON.stringify = () => '{}'; JSON.parse = () => { for (;;) {} }; for (;;) {}",
        "Array.prototype[Symbol.iterator] = function* () { for (;;) yield 0 }; const [a] = [1]; for (;;) {}",
        "const s = 'a'.repeat(4e6), t = 'a'.repeat(2e6); for (;;) s.lastIndexOf(t + 'b', 3);",
        "const s = 'a'.repeat(4e6); for (;;) s.indexOf({toString: () => 'a'.repeat(2e6) + 'b'});",
        "const s = 'a'.repeat(4e6); s.split('a'.repeat(2e6) + 'b'); s.replaceAll('a'.repeat(2e6) + 'b', '');",
        "const s = () => 'a'.repeat(3e6); const a = Array.from({length: 2e5}, (_, i) => i % 2 ? a1 : a2); a.sort();",
        "const a1 = 'a'.repeat(3e6), a2 = 'a'.repeat(3e6); Array.from({length: 9e4}, (_, i) => i % 2 ? a1 : a2).sort();",
        "const a1 = 'a'.repeat(3e6), a2 = 'a'.repeat(3e6); for (;;) if (a1 !== a2) break;",
    ] {
        let start = std::time::Instant::now();
        let told = done(&format!("{script}\n{call}"), completed(vec![]));
        assert_eq!(told.last().map(String::as_str), Some("?"), "{script}");
        assert!(told.len() <= MAX_CALLS + 1, "{script}");
        assert!(start.elapsed().as_secs() < 20, "{script} takes {:?}", start.elapsed());
    }
}

proptest! {
    #[test]
    fn never_panics(text in r#"([a-z{}()\[\]"'`$\\.,;=+ \n]|tools\.|const |exec_command|cmd:|\$\{|\\u|é)*"#) {
        let _ = Source::read(&text);
    }

    /// The engine sees in plain scripts what their text tells.
    #[test]
    fn both_ways_of_reading_agree(calls in prop::collection::vec((0..6usize, "[a-z '\"\\\\`$é\n]{0,12}", 0..99u32), 0..6)) {
        let mut script = String::new();
        for (at, (form, text, number)) in calls.iter().enumerate() {
            let text = serde_json::to_string(text).unwrap();
            let _ = match form {
                0 => writeln!(script, "const r{at} = await tools.exec_command({{cmd: {text}, n: {number}}}); text(r{at}.output);"),
                1 => writeln!(script, "text((await tools.exec_command({{\"cmd\": {text} + '-', workdir: `/w/${{{number}}}`}})).output);"),
                2 => writeln!(script, "const c{at} = {text}; await tools.apply_patch(c{at});"),
                3 => writeln!(script, "const [a{at}] = await Promise.all([tools.mcp__s__t({{a: [{text}, {number}.50, null, {{b: true}}]}})]);"),
                4 => writeln!(script, "await tools.update_plan({{plan: [{{step: {text}}}]}});"),
                _ => writeln!(script, "const p{at} = tools.view_image({{path: {text}, x: {number}e3}}); await p{at};"),
            };
        }
        let source = Source::read(&script);
        prop_assert!(source.is_plain(), "{}", script);
        let literal: Vec<_> = told(&script);
        prop_assert_eq!(done(&script, completed(vec![])), literal, "{}", script);
    }

    /// Whatever a script does, and whatever is noted of it, nothing panics.
    #[test]
    fn evaluation_never_panics(text in r#"([a-z{}()\[\]"'`$.,;=+ \n]|await |tools\.|const |for|exec_command|text|catch|try|=>|\$\{)*"#) {
        let _ = done(&text, completed(vec![ran("a", 0, "x")]));
    }

    #[test]
    fn strings_come_through(text in any::<String>()) {
        let quoted = serde_json::to_string(&text).unwrap();
        let script = format!("await tools.apply_patch({quoted})");
        prop_assert_eq!(told(&script), [format!("apply_patch <- {text}")]);
    }
}
