//! The real Codex CLI in a jail: it starts, its own sandbox works in there, and it finds the loopback server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use plugin_eval::engine::cell::Mount;
use plugin_eval::engine::codex::jail::{Jail, JailEnd, JailSpec};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_mins(1);
/// Where the CLI's package lies inside.
const PACKAGE: &str = "/codex";

/// The CLI's binary; without one, this says so.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
fn codex() -> Option<PathBuf> {
    let binary = Path::new(env!("CARGO_BIN_EXE_plugin-eval"));
    if let Err(unavailable) = Jail::probe(binary) {
        eprintln!("NOT TESTED: {unavailable}");
        return None;
    }
    super::codex_engine::real()
}

/// Folders and a configuration for a jail with the CLI.
struct Lab {
    folder: tempfile::TempDir,
    package: PathBuf,
    program: String,
}

impl Lab {
    fn new(codex: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["work", "home/.codex"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("work/README.md"), "hello\n").unwrap();
        let package = codex.parent().and_then(Path::parent).unwrap().to_owned();
        let program = Path::new(PACKAGE).join(codex.strip_prefix(&package).unwrap());
        Self { folder, package, program: program.display().to_string() }
    }

    fn spec(&self, arguments: &[&str]) -> JailSpec {
        let mount = |name: &str, target: &str| Mount {
            source: self.folder.path().join(name),
            target: target.to_owned(),
        };
        JailSpec {
            program: std::iter::once(self.program.as_str())
                .chain(arguments.iter().copied())
                .map(str::to_owned)
                .collect(),
            env: [
                ("PATH", "/codex/codex-path:/usr/local/bin:/usr/bin:/bin"),
                ("HOME", "/home/user"),
                ("CODEX_HOME", "/home/user/.codex"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            cwd: "/work/repo".into(),
            read_only: vec![Mount { source: self.package.clone(), target: PACKAGE.into() }],
            writable: vec![mount("work", "/work/repo"), mount("home", "/home/user")],
            ..JailSpec::default()
        }
    }

    fn configure(&self, model: &str, port: u16) {
        let config = format!(
            "model = \"{model}\"\nmodel_provider = \"loop\"\ncheck_for_update_on_startup = false\n\
             [analytics]\nenabled = false\n[features]\nunbounded_connection_retries = false\nplugins = false\n\
             [model_providers.loop]\nname = \"loop\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\
             wire_api = \"responses\"\nrequest_max_retries = 0\nstream_max_retries = 0\n"
        );
        std::fs::write(self.folder.path().join("home/.codex/config.toml"), config).unwrap();
    }
}

fn finish(mut jail: Jail) -> (JailEnd, String) {
    drop(jail.stdin.take());
    let mut stderr = jail.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stderr.read_to_string(&mut text);
        text
    });
    let mut text = String::new();
    jail.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    text.push_str(&reader.join().unwrap());
    (jail.wait(PATIENCE).unwrap(), text)
}

/// Answers each request for a model's turn with the next of these items, and gives the requests.
fn play(listener: TcpListener, turns: Vec<Value>) -> std::thread::JoinHandle<Vec<Value>> {
    std::thread::spawn(move || {
        let mut turns = turns.into_iter();
        let mut requests = Vec::new();
        while turns.len() > 0 {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = BufReader::new(stream);
            while let Some((path, body)) = request(&mut stream) {
                let Some(items) = turns.as_slice().first().filter(|_| path.ends_with("/responses")) else {
                    answer(&mut stream, "application/json", "{\"data\":[],\"models\":[]}");
                    continue;
                };
                let text = events(requests.len(), items);
                answer(&mut stream, "text/event-stream", &text);
                requests.push(body);
                turns.next();
                if turns.len() == 0 {
                    break;
                }
            }
        }
        requests
    })
}

fn events(turn: usize, items: &Value) -> String {
    let mut events = vec![json!({"type": "response.created", "response": {"id": format!("r{turn}")}})];
    for item in items.as_array().unwrap() {
        events.push(json!({"type": "response.output_item.done", "item": item}));
    }
    let usage = json!({"input_tokens": 1, "output_tokens": 1, "total_tokens": 2});
    events
        .push(json!({"type": "response.completed", "response": {"id": format!("r{turn}"), "usage": usage}}));
    let lines = events.iter().map(|event| {
        let name = event["type"].as_str().unwrap();
        format!("event: {name}\ndata: {event}\n\n")
    });
    lines.collect::<Vec<_>>().concat()
}

fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Value)> {
    let mut line = String::new();
    let first = stream.read_line(&mut line).ok().filter(|read| *read > 0).map(|_| line.clone())?;
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let path = first.split(' ').nth(1).unwrap().to_owned();
    Some((path, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

fn answer(stream: &mut BufReader<TcpStream>, kind: &str, body: &str) {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.get_mut().write_all(format!("{head}{body}").as_bytes()).unwrap();
}

fn done() -> Value {
    json!([{"type": "message", "id": "m", "role": "assistant",
        "content": [{"type": "output_text", "text": "done"}]}])
}

#[test]
fn it_starts() {
    let Some(codex) = codex() else { return };
    let lab = Lab::new(&codex);
    let jail = Jail::open(Path::new(env!("CARGO_BIN_EXE_plugin-eval"))).unwrap();
    let (end, text) = finish(jail.start(&lab.spec(&["--version"])).unwrap());
    assert_eq!(end, JailEnd::Exit(0), "{text}");
    assert!(text.starts_with("codex-cli "), "{text}");
}

#[test]
fn its_own_sandbox_works() {
    let Some(codex) = codex() else { return };
    let lab = Lab::new(&codex);
    let mut jail = Jail::open(Path::new(env!("CARGO_BIN_EXE_plugin-eval"))).unwrap();
    lab.configure("gpt-5.5", jail.port());
    let commands = [
        "cat README.md && id -u && rg --version | head -n 1 && ls /proc/self/exe && echo $$",
        "echo x > new.txt",
        "echo x > /var/tmp/new.txt",
        "exec 3<>/dev/tcp/127.0.0.1/PORT",
    ];
    let port = jail.port().to_string();
    let turn = |(at, command): (usize, &&str)| {
        let arguments = json!({"cmd": command.replace("PORT", &port)}).to_string();
        json!([{"type": "function_call", "id": format!("i{at}"), "name": "exec_command",
            "call_id": format!("c{at}"), "arguments": arguments}])
    };
    let mut turns: Vec<Value> = commands.iter().enumerate().map(turn).collect();
    turns.push(done());
    let server = play(jail.listener().unwrap(), turns);
    let spec = lab.spec(&["exec", "--skip-git-repo-check", "--sandbox", "workspace-write", "--json", "go"]);
    let (end, text) = finish(jail.start(&spec).unwrap());
    assert_eq!(end, JailEnd::Exit(0), "{text}");
    let requests = server.join().unwrap();
    let last = requests.last().unwrap()["input"].as_array().unwrap();
    let outputs: Vec<&str> = last.iter().filter_map(|item| item["output"].as_str()).collect();
    assert_eq!(outputs.len(), commands.len(), "{last:#?}");
    assert!(
        outputs[0].contains("hello\n1000\nripgrep ") && outputs[0].contains("exited with code 0"),
        "{outputs:#?}"
    );
    assert!(outputs[1].contains("exited with code 0"), "{outputs:#?}");
    assert!(outputs[2].contains("Read-only file system"), "{outputs:#?}");
    assert!(!outputs[3].contains("exited with code 0"), "{outputs:#?}");
    assert!(lab.folder.path().join("work/new.txt").exists());
}

#[test]
fn scripts_of_code_mode_run() {
    let Some(codex) = codex() else { return };
    let lab = Lab::new(&codex);
    let mut jail = Jail::open(Path::new(env!("CARGO_BIN_EXE_plugin-eval"))).unwrap();
    lab.configure("gpt-6-astra", jail.port());
    let script =
        "const r = await tools.exec_command({cmd: \"cat README.md; id -u\"}); text(JSON.stringify(r));";
    let call =
        json!([{"type": "custom_tool_call", "id": "i0", "name": "exec", "call_id": "c0", "input": script}]);
    let server = play(jail.listener().unwrap(), vec![call, done()]);
    let spec = lab.spec(&["exec", "--skip-git-repo-check", "--json", "go"]);
    let (end, text) = finish(jail.start(&spec).unwrap());
    assert_eq!(end, JailEnd::Exit(0), "{text}");
    let requests = server.join().unwrap();
    let last = requests.last().unwrap()["input"].to_string();
    assert!(last.contains("hello\\\\n1000"), "{last}");
}
