//! `plugin-eval mcp-stub`: stands in for an MCP server of the plugin. It passes every message on to the run that
//! started Codex, which answers from the recording.

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// First argument of the binary that makes it a stub; see [`stand_in`].
pub const STUB: &str = "mcp-stub";
/// Time for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the binary does when its first argument is [`STUB`]; `arguments` are those after it: the port on loopback and
/// the position of the server. Gives the exit code.
///
/// Never called by people: it speaks the Model Context Protocol on standard input and output until that ends.
pub fn stand_in(arguments: &[String]) -> u8 {
    let [port, position] = arguments else { return 64 };
    let Ok(port) = port.parse() else { return 64 };
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        if line.trim().is_empty() {
            continue;
        }
        let Ok(answer) = ask(port, position, &line) else { return 1 };
        let told = answer.is_empty() || writeln!(output, "{answer}").and_then(|()| output.flush()).is_ok();
        if !told {
            break;
        }
    }
    0
}

fn ask(port: u16, position: &str, message: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = message.len();
    write!(
        stream,
        "POST {path}{position} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{message}",
        path = super::model::MCP,
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(body.trim().to_owned())
}
