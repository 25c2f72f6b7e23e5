use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

/// Calls as `name <- input`, with `?` at the end when the script is opaque.
fn told(script: &str) -> Vec<String> {
    let script = read(script);
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
    let many = read(&"tools.get_goal();".repeat(MAX_CALLS + 1));
    assert_eq!((many.calls.len(), many.opaque), (MAX_CALLS, true));
}

proptest! {
    #[test]
    fn never_panics(text in r#"([a-z{}()\[\]"'`$\\.,;=+ \n]|tools\.|const |exec_command|cmd:|\$\{|\\u|é)*"#) {
        let _ = read(&text);
    }

    #[test]
    fn strings_come_through(text in any::<String>()) {
        let quoted = serde_json::to_string(&text).unwrap();
        let script = format!("await tools.apply_patch({quoted})");
        prop_assert_eq!(told(&script), [format!("apply_patch <- {text}")]);
    }
}
