use proptest::prelude::*;

use super::*;

fn merged(layers: &[&str]) -> (Config, Vec<Finding>) {
    let files: Vec<_> =
        layers.iter().enumerate().map(|(i, text)| TextFile::new(format!("{i}.toml"), *text)).collect();
    let mut findings = Vec::new();
    (Config::from_layers(&files, &mut findings), findings)
}

fn at(node: Option<&Node>) -> String {
    node.map(|node| node.place.to_string()).unwrap_or_default()
}

#[test]
fn higher_layers_win_leaf_by_leaf_and_keep_their_places() {
    let (config, findings) = merged(&[
        "model = 'a'\n[permissions.x]\nextends = ':read-only'\n[permissions.x.filesystem]\n\"/a\" = 'read'\n",
        "[permissions.x.filesystem]\n  \"/a\" = 'write'\n\"/b\" = 'deny'\n",
        "[mcp_servers.t]\nargs = ['1', '2']\n",
        "[mcp_servers.t]\nargs = ['3']\n",
    ]);
    assert_eq!(findings, []);
    assert_eq!(at(config.get(&["model"])), "0.toml:1:1");
    assert_eq!(at(config.get(&["permissions", "x", "extends"])), "0.toml:3:1");
    assert_eq!(at(config.get(&["permissions", "x", "filesystem", "/a"])), "1.toml:2:3");
    let access: Option<&str> = config.get(&["permissions", "x", "filesystem", "/a"]).and_then(Node::read);
    assert_eq!(access, Some("write"));
    let args: Vec<Placed<String>> = config.get(&["mcp_servers", "t", "args"]).unwrap().read().unwrap();
    assert_eq!(args.len(), 1, "arrays are replaced, not appended");
    assert_eq!(args[0].place.to_string(), "3.toml:2:9");
}

#[test]
fn a_scalar_may_replace_a_table_and_back() {
    let (config, _) = merged(&["a.b = 1", "a = 2"]);
    assert_eq!(config.get(&["a"]).and_then(Node::read::<i64>), Some(2));
    let (config, _) = merged(&["a = 2", "a.b = 1"]);
    assert_eq!(config.get(&["a", "b"]).and_then(Node::read::<i64>), Some(1));
}

#[test]
fn every_syntax_error_has_its_place_and_drops_the_layer() {
    let (config, findings) = merged(&["a = 1", "a = 2\nb = \nc = [\n"]);
    assert_eq!(config.get(&["a"]).and_then(Node::read::<i64>), Some(1));
    assert!(findings.len() >= 2, "{findings:?}");
    assert!(findings.iter().all(|f| f.place.as_ref().is_some_and(|p| &*p.file == "1.toml" && p.line >= 2)));
}

#[test]
fn wrong_types_are_findings_and_null_is_absent() {
    let (config, mut findings) = merged(&["[features]\nhooks = 'no'\nn = -1\n"]);
    assert_eq!(config.typed::<bool>(&["features", "hooks"], &mut findings), None);
    assert_eq!(config.typed::<u64>(&["features", "n"], &mut findings), None);
    assert_eq!(config.typed::<bool>(&["features", "absent"], &mut findings), None);
    let texts: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "0.toml:2:1: `features.hooks` is a string, not a boolean (write a boolean)",
            "0.toml:3:1: `features.n` is an integer, not a whole number (write a whole number)",
        ]
    );
    let json = read_json(&TextFile::new("x.json", r#"{"a":null}"#), &mut findings).unwrap();
    findings.clear();
    assert_eq!(json.typed::<bool>(&["a"], &mut findings), None);
    assert_eq!(findings, []);
}

#[test]
fn unknown_keys_get_a_suggestion() {
    let (config, mut findings) = merged(&["enabeld_tools = []\ntools = {}\nzzz = 1\n"]);
    config.warn_unknown("the server", &["enabled_tools", "tools"], &mut findings);
    let texts: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "0.toml:1:1: Codex ignores the unknown key `enabeld_tools` in the server (did you mean `enabled_tools`?)",
            "0.toml:3:1: Codex ignores the unknown key `zzz` in the server (remove it)",
        ]
    );
}

#[test]
fn json_nodes_have_places() {
    let mut findings = Vec::new();
    let text = "{\n \"a\": {\"b\\u0041\": [1, -2.5, \"ö\", null]},\n \"a2\": true, \"a2\": false}";
    let node = read_json(&TextFile::new("p.json", text), &mut findings).unwrap();
    assert_eq!(at(node.get(&["a"])), "p.json:2:2");
    let list = node.get(&["a", "bA"]).unwrap();
    assert_eq!(at(Some(list)), "p.json:2:8");
    let items: &[Node] = list.read().unwrap();
    assert_eq!(at(items.get(2)), "p.json:2:29");
    assert_eq!(items[1].value, Value::Float(-2.5));
    assert_eq!(node.get(&["a2"]).and_then(Node::read::<bool>), Some(false));
    let texts: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["p.json:3:2: `a2` is written twice; the last one counts"]);
}

#[test]
fn json_errors_have_places() {
    for (text, place) in [("{\n \"a\": }", "p.json:2:7"), ("", "p.json:1:0"), ("{} x", "p.json:1:4")] {
        let mut findings = Vec::new();
        assert_eq!(read_json(&TextFile::new("p.json", text), &mut findings), None, "{text}");
        let found: Vec<_> = findings.iter().filter_map(|f| f.place.clone()).map(|p| p.to_string()).collect();
        assert_eq!(found, [place.trim_end_matches(":0")], "{text}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    let mut findings = Vec::new();
    let deep = "[".repeat(100_000);
    assert_eq!(read_json(&TextFile::new("p.json", deep.as_str()), &mut findings), None);
    assert_eq!(read_toml(&TextFile::new("p.toml", format!("a = {deep}")), &mut findings), None);
    assert_eq!(
        read_toml(&TextFile::new("p.toml", format!("{}a = 1", "a.".repeat(10_000))), &mut findings),
        None
    );
    assert!(findings.len() >= 3);
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "[\\[\\]{}\",:=.a1 \\n\\\\u-]{0,60}") {
        let mut findings = Vec::new();
        read_toml(&TextFile::new("x.toml", text.as_str()), &mut findings);
        let ours = read_json(&TextFile::new("x.json", text.as_str()), &mut findings);
        prop_assert_eq!(ours.is_some(), serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}
