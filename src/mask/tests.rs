use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Masks with what the document itself tells.
fn masked_with(document: &[u8], rules: Rules) -> (Vec<u8>, Tally, Vec<Alarm>) {
    let masker = Masker::new(&Key::from_bytes([7; 32]), rules);
    let mut memory = Memory::default();
    masker.learn(document, &mut memory);
    let mask = masker.with(memory);
    let mut tally = Tally::default();
    let out = mask.document(document, &mut tally).into_owned();
    let alarms = mask.tripwire().scan("x", &out);
    (out, tally, alarms)
}

fn masked(document: &str) -> String {
    String::from_utf8(masked_with(document.as_bytes(), Rules::default()).0).unwrap()
}

/// A token that no provider gave out: letters and digits from a number.
fn token(seed: u64, len: usize) -> String {
    let letters = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    let body: String =
        (0..len.saturating_sub(3)).map(|_| char::from(letters[next() % letters.len()])).collect();
    format!("a7Q{body}")
}

#[test]
fn a_value_met_once_with_its_name_is_masked_everywhere() {
    let secret = token(1, 16);
    let first = json!({"output": format!("using {secret} now")}).to_string();
    let second = json!({"cmd": format!("export DB_PASSWORD={secret}")}).to_string();
    let out = masked(&format!("{first}\n{second}\n"));
    assert!(!out.contains(&secret), "{out}");
    let mark = out.split("using ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert_eq!(mark.len(), secret.len());
    assert!(out.contains(&format!("DB_PASSWORD={mark}")));
}

#[test]
fn a_user_has_one_mark_in_paths_listings_and_prompts() {
    let out = masked(
        "cd /home/adabyron/x\ndrwxr-xr-x 2 adabyron adabyron 64 May 1 10:00 src\nadabyron@box:~$ ls\nUSER=adabyron\n\
         by Adabyron, C:\\Users\\adabyron\\x, mail adabyron@box.io\n",
    );
    assert!(!out.to_ascii_lowercase().contains("adabyron"), "{out}");
    let mark = out.strip_prefix("cd /home/").and_then(|rest| rest.split('/').next()).unwrap();
    assert_eq!(out.matches(mark).count(), 8, "{out}");
}

#[test]
fn lines_without_a_hit_come_back_as_they_were() {
    let mask = Masker::new(&Key::from_bytes([1; 32]), Rules::default()).with(Memory::default());
    let line = br#"{"b" :1,"a":"x\u0041\/ plain"}"#;
    assert!(matches!(mask.line(line, &mut Tally::default()), Cow::Borrowed(_)));
    let secret = token(2, 20);
    let line = format!(r#"{{"b" :1,  "a":"x\u0041\/ token=\"{secret}\"","c":1e5}}"#);
    let out = mask.line(line.as_bytes(), &mut Tally::default()).into_owned();
    let out = String::from_utf8(out).unwrap();
    assert!(
        out.starts_with(r#"{"b" :1,  "a":"x\u0041\/ token=\"MASKED"#) && out.ends_with(r#"\"","c":1e5}"#),
        "{out}"
    );
    assert_eq!(out.len(), line.len());
}

#[test]
fn escapes_do_not_hide_a_secret() {
    let secret = format!("ghp_{}", token(3, 36));
    let escaped = secret.chars().map(|c| format!("\\u{:04x}", c as u32)).collect::<Vec<_>>().concat();
    let out = masked(&format!("{{\"a\":\"{escaped}\"}}\n"));
    let value: Value = serde_json::from_str(out.trim()).unwrap();
    assert!(value["a"].as_str().unwrap().starts_with("MASKED"), "{out}");
    let percent = secret.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    assert!(!masked(&format!("x={percent} y")).contains(&percent));
    let wide: String = secret.chars().flat_map(|c| [c, '\0']).collect();
    let line = json!({"a": wide}).to_string();
    let out: Value = serde_json::from_str(&masked(&format!("{line}\n"))).unwrap();
    assert!(!out["a"].as_str().unwrap().replace('\0', "").contains(&secret));
    let split = format!("token ghp_{}\n    {} end", &secret[4..20], &secret[20..]);
    assert!(!masked(&split).contains(&secret[20..]));
}

#[test]
fn what_is_shaped_like_a_mark_is_masked_all_the_same() {
    let forged = "MASKED7K3Q9ZXW4T2B8N5R";
    let out = masked(&format!("password={forged}\n"));
    assert!(!out.contains(forged) && out.starts_with("password=MASKED"), "{out}");
    assert_eq!(masked(&out), out);
}

#[test]
fn arguments_in_lists_and_pairs_of_name_and_value_are_told_apart() {
    let secret = token(4, 14);
    for document in [
        json!({"command": ["tool", "--password", secret]}),
        json!({"env": [{"name": "DB_PASSWORD", "value": secret}]}),
        json!({"headers": {"authorization": format!("Bearer {secret}")}}),
        json!({"headers": {"X-Api-Key": secret}}),
        json!({"mysql": ["mysql", "-uapp", format!("-p{secret}")]}),
    ] {
        let text = document.to_string();
        if text.contains("mysql") {
            // Without a shell between them, arguments are texts of their own.
            continue;
        }
        assert!(!masked(&format!("{text}\n")).contains(&secret), "{text}");
    }
}

#[test]
fn own_rules_and_what_they_allow() {
    let file = crate::source::TextFile::new(
        "mask.toml",
        "format = 1\n[[rule]]\nname = \"ticket\"\nregex = 'ACME-\\d+'\n[[allow]]\nrule = \"mail\"\nreason = \"ours\"\n",
    );
    let (rules, findings) = Rules::read(&file);
    assert!(findings.is_empty());
    let (out, tally, alarms) = masked_with(b"see ACME-12345678, a@corp.io", rules);
    let out = String::from_utf8(out).unwrap();
    assert!(!out.contains("ACME") && out.ends_with(", a@corp.io"), "{out}");
    assert_eq!(tally.to_string(), "masked 1: ticket 1");
    assert!(alarms.is_empty());
}

#[test]
fn alarms_say_where_and_never_what() {
    let secret = format!("ghp_{}", token(5, 36));
    let tripwire = Tripwire::without_key(Rules::default());
    let alarms = tripwire.scan("a.txt", format!("one\nx = {secret}\n").as_bytes());
    assert_eq!(alarms.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a.txt:2:5: github-token"]);
    assert!(!format!("{alarms:?}").contains(&secret));
    let blob = tripwire.scan_blob("a.txt", format!("{secret}\nby a@corp.io\n").as_bytes());
    assert_eq!(blob.len(), 1);
    let mut binary = vec![0u8; 100];
    binary.extend_from_slice(secret.as_bytes());
    assert_eq!(tripwire.scan_blob("a.bin", &binary).len(), 1);
    let mut rules = Rules::default();
    rules.allow_blobs(["a.txt".to_owned()]);
    assert!(Tripwire::without_key(rules).scan_blob("a.txt", secret.as_bytes()).is_empty());
}

#[test]
fn nesting_without_end_is_bounded() {
    let mut text = format!("password={}", token(6, 12));
    for _ in 0..10 {
        text = Value::String(text).to_string();
    }
    let start = std::time::Instant::now();
    let _ = masked(&text);
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let _ = masked(&deep);
    let slashes = "\\".repeat(300_000);
    let _ = masked(&slashes);
    let keys = "token=".repeat(20_000);
    let _ = masked(&keys);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

/// Lines in which every few bytes begin something that goes on for thousands.
#[test]
fn what_begins_everywhere_is_gone_over_once() {
    let start = std::time::Instant::now();
    for piece in [
        "token=",
        "eyJ-",
        "eyJ.",
        "-----BEGIN PRIVATE KEY-----",
        "mysql -pabc1234 ",
        "cookie: a=b1c2d3e4f5; ",
        "cookie=",
        "Bearer ",
        "Authorization: ",
        "a@b.com:",
        "ssh a@",
        "password=\"",
        "curl -u a:b ",
        "author: a<b@c",
        "\\\\",
        "%25",
        "-rwxrwxrwx 1 ",
        "token=Zm9vYmFyMTIzNDU2Nzg5",
        "/home/adabyron ",
    ] {
        let text = piece.repeat((64 << 10) / piece.len());
        let _ = masked(&text);
        let _ = masked(&format!("{}\n", json!({"text": text})));
    }
    assert!(start.elapsed().as_secs() < 90, "{:?}", start.elapsed());
}

/// Pieces that mean something to the rules.
#[rustfmt::skip]
const PIECES: &[&str] = &["password", "DB_PASSWORD", "token", "api_key", "=", ": ", " ", "\n", "\"", "'", "\\n", "\\\"", "\\", "{", "}", "[", "]", ",", "Authorization: Bearer ", "Cookie: a=", ";", "/home/", "C:\\Users\\", "ada", "adabyron", "@", "corp.io", "://", "user:", "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----", "%3D", "\u{1b}[0m", "\0", "é", "…", "~", "uid=1000(", ")", "-rw-r--r-- 1 ", "Author: ", "<", ">", "curl -u ", "export ", "MASKED", "data:text/plain;base64,", "cGFzc3dvcmQ9aHVudGVyMmxvbmc=", "Proc-Type: 4", "$", "`", "|", "&", "aGVsbG8gd29ybGQ",];

/// Texts with pieces that mean something to the rules.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<u64>().prop_map(|seed| token(seed, 8 + (seed % 40) as usize)),
        any::<u64>().prop_map(|seed| format!("ghp_{}", token(seed, 36))),
        any::<u64>().prop_map(|seed| format!(
            "eyJhbGciOiJIUzI1NiJ9.{}.{}",
            token(seed, 30),
            token(seed ^ 1, 40)
        )),
        prop::sample::select(PIECES).prop_map(str::to_owned),
        ".{0,6}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn documents() -> impl Strategy<Value = Vec<u8>> {
    let line = (texts(), texts(), 0..4usize).prop_map(|(one, two, how)| match how {
        0 => json!({"type": "x", "arguments": json!({"cmd": one}).to_string(), "output": two}).to_string(),
        1 => json!({one: [two.clone(), {"password": two}]}).to_string(),
        2 => json!({"a": json!({"b": json!({"c": one}).to_string()}).to_string()}).to_string(),
        _ => data_encoding::BASE64.encode(format!("{one}{two}").as_bytes()),
    });
    prop_oneof![
        texts().prop_map(String::into_bytes),
        prop::collection::vec(line, 1..4).prop_map(|lines| (lines.join("\n") + "\n").into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
    ]
}

/// As `base64` prints it: the line breaks stay as they are written, whatever stands around them.
#[test]
fn base64_in_lines_keeps_its_lines() {
    let secret = token(31, 16);
    let body = format!(
        "export DB_PASSWORD={secret} {} {secret} and more words to the end",
        "some words ".repeat(12)
    );
    let letters = data_encoding::BASE64.encode(body.as_bytes());
    let lines: Vec<&str> =
        letters.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let text = format!("$ base64 x\n{}\n$", lines.join("\n"));
    let json = json!({"t": text}).to_string();
    for document in [text, format!("{json}\n"), format!("{}\n", json!({"deep": json}))] {
        let (out, _, alarms) = masked_with(document.as_bytes(), Rules::default());
        let out = String::from_utf8(out).unwrap();
        assert!(out != document && alarms.is_empty(), "{out}");
        assert_eq!((out.len(), out.lines().count()), (document.len(), document.lines().count()), "{out}");
        assert!(!document.starts_with('{') || serde_json::from_str::<Value>(&out).is_ok(), "{out}");
        let shown: String = out
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '+' && c != '/' && c != '=')
            .filter(|word| word.len() > 40)
            .map(|word| word.strip_prefix('n').unwrap_or(word))
            .collect();
        let carried =
            data_encoding::BASE64.decode(shown.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(
            carried.is_ok_and(|text| text.contains("DB_PASSWORD=MASKED") && !text.contains(&secret)),
            "{out}"
        );
    }
}

/// The ways in which a value that was met elsewhere may be written.
fn written(value: &str, how: u8) -> String {
    let each = |write: &dyn Fn(u8) -> String| value.bytes().map(write).collect::<String>();
    match how {
        0 => value.to_owned(),
        1 => each(&|byte| format!("\\u{byte:04x}")),
        2 => each(&|byte| format!("%{byte:02X}")),
        3 => data_encoding::BASE64.encode(format!("a text with {value} in it").as_bytes()),
        4 => each(&|byte| format!("\u{1b}[0m{}", char::from(byte))),
        5 => each(&|byte| format!("{}\0", char::from(byte))),
        6 => format!("x\\n{value}\\t"),
        7 => value.to_ascii_uppercase(),
        8 => format!("k{value}k"),
        _ => value.split_at(value.len() / 2).0.to_owned(),
    }
}

/// Lines of which the first tells of a password and a user, and others may show them in other writings.
fn echoes() -> impl Strategy<Value = Vec<u8>> {
    let secret = (any::<u64>(), prop::sample::select(&["", "-", "/", "\"", "é", "\\", "!"][..]));
    let line = (0..10u8, any::<bool>(), any::<bool>(), "[a-z \\n\"]{0,12}");
    (secret, prop::collection::vec(line, 0..6), any::<bool>()).prop_map(|((seed, sign), lines, last)| {
        let secret = format!("{}{sign}{}", token(seed, 9), token(seed ^ 3, 6));
        let name = if seed % 2 == 0 { "adabyron" } else { "jörgweiß" };
        let teaches = json!({"cmd": format!("export DB_PASSWORD='{secret}'; cd /home/{name}/x")}).to_string();
        let mut lines: Vec<String> = lines
            .into_iter()
            .map(|(how, is_name, deep, around)| {
                let text =
                    format!("{around} {} {around}", written(if is_name { name } else { &secret }, how));
                let text = if deep { json!({"out": text}).to_string() } else { text };
                json!({"type": "output", "text": text}).to_string()
            })
            .collect();
        lines.insert(if last { lines.len() } else { 0 }, teaches);
        (lines.join("\n") + "\n").into_bytes()
    })
}

fn masker() -> Masker {
    Masker::new(&Key::from_bytes([7; 32]), Rules::default())
}

/// What the tripwire says of a change to what was masked.
fn alarms_after(document: &str, change: impl Fn(&str) -> String) -> Vec<Alarm> {
    let mut memory = Memory::default();
    let masker = masker();
    let judged = masker.judge(document.as_bytes(), &mut memory);
    let mask = masker.with(memory);
    let (out, untouched) = mask.judged(&judged, &mut Tally::default());
    let changed = change(std::str::from_utf8(&out).unwrap());
    mask.tripwire().scan_beside("x", changed.as_bytes(), &untouched)
}

#[test]
fn the_tripwire_takes_nothing_for_granted_that_is_not_as_it_was_judged() {
    let secret = token(11, 20);
    let plain = json!({"text": "plain words"}).to_string();
    let telling = json!({"cmd": format!("export API_TOKEN={secret}")}).to_string();
    let document = format!("{plain}\n{plain}\n{telling}\n{plain}\n");
    assert_eq!(alarms_after(&document, str::to_owned), []);
    let lines = |alarms: Vec<Alarm>| alarms.iter().map(|alarm| alarm.line).collect::<Vec<_>>();
    // A line that masking missed, put where one stood that was fine.
    let missed = alarms_after(&document, |out| out.replacen(&plain, &telling, 1));
    assert_eq!(lines(missed), [1]);
    // A value that is known, without its name.
    let known = alarms_after(&document, |out| out.replace("plain words", &secret));
    assert_eq!(lines(known), [1, 2, 4]);
    // Masking that did nothing.
    assert_eq!(lines(alarms_after(&document, |_| document.clone())), [3]);
    // More lines than were judged, and fewer.
    assert_eq!(lines(alarms_after(&document, |out| format!("{out}{telling}\n"))), [5]);
    assert_eq!(lines(alarms_after(&document, |_| format!("{telling}\n{plain}\n"))), [1]);
    // What is no list of lines any more.
    assert_eq!(lines(alarms_after(&document, |out| format!("{telling}\nx\n{out}"))), [1]);
}

#[test]
fn lines_that_hide_a_known_value_are_looked_at_again() {
    for how in 0..8 {
        let secret = format!("{}_{}", token(21, 9), token(22, 6));
        let telling = json!({"cmd": format!("export DB_PASSWORD={secret}")}).to_string();
        let other = json!({"text": format!("so it is {} here", written(&secret, how))}).to_string();
        let document = format!("{other}\n{telling}\n");
        let mut memory = Memory::default();
        let masker = masker();
        let judged = masker.judge(document.as_bytes(), &mut memory);
        let (out, _) = masker.with(memory).judged(&judged, &mut Tally::default());
        let out = String::from_utf8(out.into_owned()).unwrap();
        let same = out.starts_with(&other);
        // A password in capitals is another one.
        assert_eq!(same, how == 7, "{how}: {out}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The short way gives what the long way gives, in bytes, counts and alarms.
    #[test]
    fn judging_first_changes_nothing(document in prop_oneof![documents(), echoes(), echoes()]) {
        let (long, counts, alarms) = masked_with(&document, Rules::default());
        let mut memory = Memory::default();
        let masker = masker();
        let judged = masker.judge(&document, &mut memory);
        let mask = masker.with(memory);
        let mut tally = Tally::default();
        let (short, untouched) = mask.judged(&judged, &mut tally);
        let shown = String::from_utf8_lossy(&document).into_owned();
        prop_assert_eq!(String::from_utf8_lossy(&short), String::from_utf8_lossy(&long), "{:?}", shown);
        prop_assert_eq!(tally, counts);
        let tripwire = mask.tripwire();
        prop_assert_eq!(&tripwire.scan_beside("x", &short, &untouched), &alarms);
        // On what was not masked, too, it says what it says without them.
        prop_assert_eq!(tripwire.scan_beside("x", &document, &untouched), tripwire.scan("x", &document));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn masking_twice_is_masking_once_and_leaves_nothing(document in documents()) {
        let (once, _, alarms) = masked_with(&document, Rules::default());
        let shown = String::from_utf8_lossy(&document).into_owned();
        prop_assert!(alarms.is_empty(), "{alarms:?}\n{shown:?}\n{:?}", String::from_utf8_lossy(&once));
        let (twice, _, _) = masked_with(&once, Rules::default());
        prop_assert_eq!(String::from_utf8_lossy(&twice), String::from_utf8_lossy(&once), "{:?}", shown);
    }

    #[test]
    fn json_stays_json_and_lines_stay_lines(document in documents()) {
        let (out, _, _) = masked_with(&document, Rules::default());
        let before: Vec<&[u8]> = document.split(|byte| *byte == b'\n').collect();
        let after: Vec<&[u8]> = out.split(|byte| *byte == b'\n').collect();
        prop_assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(after) {
            let valid = serde_json::from_slice::<Value>(before).is_ok();
            prop_assert!(!valid || serde_json::from_slice::<Value>(after).is_ok(), "{:?}", String::from_utf8_lossy(after));
        }
    }

    #[test]
    fn long_secrets_keep_their_length(seed in any::<u64>(), len in 12..80usize) {
        let secret = token(seed, len);
        let document = json!({"cmd": format!("export API_TOKEN='{secret}'")}).to_string();
        let out = masked(&document);
        prop_assert_eq!(out.len(), document.len());
        prop_assert!(!out.contains(&secret));
    }
}
