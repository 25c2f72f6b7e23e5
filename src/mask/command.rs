//! Passwords among the arguments of commands that take them without a telling name.

use std::ops::Range;

use super::finder::COMMANDS;
use super::kind::Kind;
use super::scan::Scan;
use super::value;

/// Longest command that is looked at, in bytes.
const MOST: usize = 2048;

/// Looks at the arguments of the command whose name stands at `name`.
pub(super) fn secrets(scan: &mut Scan<'_>, text: &[u8], name: Range<usize>) {
    let before = name.start.checked_sub(1).and_then(|at| text.get(at));
    let command = text[name.clone()].to_ascii_lowercase();
    if command == b"--password-stdin" {
        return piped(scan, text, name.start);
    }
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if command != b"securestring" && before.is_some_and(in_word) {
        return;
    }
    let end = (name.end + MOST).min(text.len());
    let words = words(&text[name.end..end]);
    let words: Vec<_> = words.into_iter().map(|word| name.end + word.start..name.end + word.end).collect();
    // Another command is looked at from where it stands.
    let is_other = |range: &Range<usize>| {
        COMMANDS.iter().any(|name| text[range.clone()].eq_ignore_ascii_case(name.trim_ascii_end().as_bytes()))
            && text[range.clone()] != *b"--password-stdin"
    };
    let end = words.iter().position(is_other).unwrap_or(words.len());
    let words = &words[..end];
    by_place(scan, text, &command, words);
    let mut flag: Option<Range<usize>> = None;
    for range in words.iter().cloned() {
        let word = &text[range.clone()];
        let before = flag.take();
        if let Some(before) = before.filter(|_| !word.starts_with(b"-") || word.len() == 1) {
            // `-p'…'`: the quotes belong to the flag.
            let glued_on = range.start == before.end + 1
                && matches!(text[before.end], b'"' | b'\'')
                && glued(&command, &[&text[before.clone()], b"xx".as_slice()].concat()).is_some();
            if glued_on {
                found(scan, text, range);
            } else {
                value_of(scan, text, range, &command, &text[before]);
            }
        } else if word.starts_with(b"-") {
            match glued(&command, word) {
                Some(skip) => found(scan, text, range.start + skip..range.end),
                None => flag = Some(range),
            }
        }
    }
}

/// Passwords that are told by their place among the arguments.
fn by_place(scan: &mut Scan<'_>, text: &[u8], command: &[u8], words: &[Range<usize>]) {
    let word = |at: usize| words.get(at).map(|range| &text[range.clone()]);
    let place = match command {
        b"aws configure set" | b"npm config set" => {
            let name =
                word(0).map(|name| name.rsplit(|byte| matches!(byte, b':' | b'.')).next().unwrap_or(name));
            name.and_then(super::name::weigh).map(|_| 1)
        }
        b"htpasswd" => {
            let flags = words.iter().take_while(|range| text[(*range).clone()].starts_with(b"-")).count();
            let given =
                (0..flags).filter_map(word).any(|flag| !flag.starts_with(b"--") && flag.contains(&b'b'));
            let shown =
                (0..flags).filter_map(word).any(|flag| !flag.starts_with(b"--") && flag.contains(&b'n'));
            given.then_some(flags + if shown { 1 } else { 2 })
        }
        b"net use" => {
            let user = words
                .iter()
                .position(|range| text[range.clone()].to_ascii_lowercase().starts_with(b"/user:"));
            user.map(|user| user + 1)
        }
        b"securestring" => words.iter().position(|range| !text[range.clone()].starts_with(b"-")),
        _ => None,
    };
    if let Some(range) = place.and_then(|place| words.get(place))
        && !text[range.clone()].starts_with(b"-")
        && !text[range.clone()].starts_with(b"/")
    {
        found(scan, text, range.clone());
    }
    if command == b"openssl" {
        for range in words.iter().filter(|range| text[(*range).clone()].starts_with(b"pass:")) {
            found(scan, text, range.start + 5..range.end);
        }
    }
}

/// What `echo` puts into a command that reads a password: `echo … | docker login --password-stdin`.
fn piped(scan: &mut Scan<'_>, text: &[u8], flag: usize) {
    let ends = |byte: &u8| matches!(byte, b'\n' | b';' | b'&' | b'`' | b'(');
    let start = text[..flag].iter().rposition(ends).map_or(0, |at| at + 1);
    let start = start.max(flag.saturating_sub(MOST));
    let Some(pipe) = memchr::memchr(b'|', &text[start..flag]) else { return };
    let words = words(&text[start..start + pipe]);
    let words: Vec<_> = words.into_iter().map(|word| start + word.start..start + word.end).collect();
    let prints = |word: &Range<usize>| {
        let word = &text[word.clone()];
        // Lines of patches begin with a sign.
        matches!(word.strip_prefix(b"+").unwrap_or(word), b"echo" | b"printf")
    };
    let after = words.iter().rposition(prints).map_or(&[][..], |at| &words[at + 1..]);
    if let Some(last) = after.last() {
        found(scan, text, last.clone());
    }
}

/// Length of the flag before a password that is written to it: `-psecret` of mysql, `-usr:pw` of curl.
fn glued(command: &[u8], word: &[u8]) -> Option<usize> {
    let short = word.len() > 3 && !word.starts_with(b"--");
    match command {
        b"mysql" | b"mariadb" | b"sshpass" if short && word[1] == b'p' => Some(2),
        b"curl" if short && word[1] == b'u' => {
            word.iter().position(|byte| *byte == b':').map(|colon| colon + 1)
        }
        b"curl" | b"wget" if word.starts_with(b"--user=") || word.starts_with(b"--proxy-user=") => {
            word.iter().position(|byte| *byte == b':').map(|colon| colon + 1)
        }
        b"sqlcmd" if short && word[1] == b'P' => Some(2),
        _ => None,
    }
}

fn value_of(scan: &mut Scan<'_>, text: &[u8], range: Range<usize>, command: &[u8], flag: &[u8]) {
    let pair = || memchr::memchr(b':', &text[range.clone()]).map(|colon| range.start + colon + 1..range.end);
    let password = match (command, flag) {
        (b"curl" | b"wget", b"-u" | b"--user" | b"-U" | b"--proxy-user") | (b"http ", b"-a" | b"--auth") => {
            pair()
        }
        (b"sshpass" | b"docker login", b"-p")
        | (b"redis-cli", b"-a")
        | (b"ldapsearch", b"-w")
        | (b"gh secret set", b"-b" | b"--body")
        | (b"ssh-keygen", b"-N" | b"-P")
        | (b"az login", b"-p" | b"--password")
        | (b"sqlcmd", b"-P") => Some(range),
        _ => None,
    };
    if let Some(password) = password {
        found(scan, text, password);
    }
}

fn found(scan: &mut Scan<'_>, text: &[u8], range: Range<usize>) {
    if range.len() >= 3 && !value::is_stand_in(&text[range.clone()]) {
        scan.secret(text, range, &Kind::secret("password"));
    }
}

/// The words of a command up to its end, without their quotes.
fn words(text: &[u8]) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < text.len() && words.len() < 64 {
        match text[at] {
            b'\n' | b';' | b'|' | b'&' | b')' | b'`' => break,
            b'\\' if text.get(at + 1) == Some(&b'\n') => at += 2,
            byte if byte.is_ascii_whitespace() => at += 1,
            quote @ (b'"' | b'\'') => {
                let len =
                    text[at + 1..].iter().position(|byte| *byte == quote).unwrap_or(text.len() - at - 1);
                words.push(at + 1..at + 1 + len);
                at += len + 2;
            }
            _ => {
                let ends = |byte: &u8| {
                    byte.is_ascii_whitespace()
                        || matches!(byte, b'"' | b'\'' | b';' | b'|' | b'&' | b'`' | b')')
                };
                let len = text[at..].iter().position(ends).unwrap_or(text.len() - at).max(1);
                words.push(at..at + len);
                at += len;
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::{Key, Masker, Memory, Rules, Tally};

    fn masks(text: &str, secret: &str) -> bool {
        let masker = Masker::new(&Key::from_bytes([7; 32]), Rules::default());
        let masked = masker.with(Memory::default()).text(text, &mut Tally::default()).into_owned();
        !masked.contains(secret)
    }

    #[test]
    fn passwords_are_told_by_their_commands() {
        let secret = ["Qx7", "vbNm2", "kLp"].concat();
        for command in [
            "curl --user=ci:§ https://api.corp.io/x",
            "wget --proxy-user=ci:§ https://x.corp.io",
            "aws configure set aws_secret_access_key §",
            "aws configure set default.aws_session_token § --profile x",
            "mysql -u root -p'§' -e 'select 1'",
            "echo § | docker login -u ci --password-stdin reg.corp.io",
            "please run echo § | docker login -u ci --password-stdin reg.corp.io",
            "I ran `echo § | docker login --password-stdin`",
            "diff --git a/x b/x\n@@ -1 +1 @@\n-curl -u ci:§ https://api.corp.io\n+x",
            "@@ -1 +1 @@\n-echo § | docker login --password-stdin\n+echo x",
            "db.createUser({user:'x',pwd:'§',roles:[]})",
            "printf '%s' '§' | podman login --password-stdin",
            "<add key=\"ApiSecret\" value=\"§\"/>",
            "$p = ConvertTo-SecureString '§' -AsPlainText -Force",
            "ConvertTo-SecureString -String § -AsPlainText",
            "gh secret set DEPLOY --body \"§\"",
            "htpasswd -b -c f ada §",
            "htpasswd -nbB ada §",
            "ssh-keygen -t ed25519 -N '§' -f k",
            "openssl enc -aes-256-cbc -pass pass:§ -in x",
            "net use \\\\srv\\x /user:ada §",
            "npm config set //registry.corp.io/:_authToken §",
            "az login --service-principal -u app -p § --tenant x",
        ] {
            assert!(masks(&command.replace('§', &secret), &secret), "{command}");
        }
        for (command, kept) in [
            ("ssh-keygen -t ed25519 -f key1name2", "key1name2"),
            ("openssl x509 -in cert9file.pem", "cert9file.pem"),
            ("aws configure set region eu-central-1", "eu-central-1"),
            ("npm config set registry https://r1.corp.io", "r1.corp.io"),
            ("cat f9ile.txt | docker login --password-stdin", "f9ile.txt"),
            ("htpasswd -c file9 ada77", "ada77"),
            ("net use z: \\\\srv9\\share", "srv9"),
            ("mysql -p shop9db", "shop9db"),
            ("{pwd:'/srv/build9x7/app'}", "build9x7"),
            ("export pwd=$(build9x7)", "build9x7"),
        ] {
            assert!(!masks(command, kept), "{command}");
        }
    }
}
