//! What is said over the socket between a jail and who made it: a length, then JSON. Open files travel with the
//! length.

use std::io::{self, IoSlice, IoSliceMut, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::JailEnd;

/// Longest message that is read, in bytes.
const MAX: u64 = 64 << 20;
/// Most open files in one message.
const MAX_FILES: usize = 3;

/// What a jail says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// It listens on this port of its loopback; the listening socket comes along. `user` is the user id outside that
    /// its program will have, where that is not the one that made the jail.
    Listening { port: u16, user: Option<u32> },
    /// The program runs.
    Started,
    /// The program has ended, and all that it left behind ends now.
    Ended(JailEnd),
    /// It cannot go on, as a lowercase fragment.
    Failed(String),
}

/// Sends one message with open files.
pub(super) fn send(
    mut socket: &UnixStream,
    message: &impl Serialize,
    files: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = (body.len() as u64).to_le_bytes();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !control.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(io::Error::other("too many open files for one message"));
    }
    let sent = sendmsg(socket, &[IoSlice::new(&length)], &mut control, SendFlags::NOSIGNAL)?;
    socket.write_all(&length[sent..])?;
    socket.write_all(&body)
}

/// Waits for one message with its open files; `None` when nobody is at the other end.
pub(super) fn receive<T: DeserializeOwned>(mut socket: &UnixStream) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut length = [0; 8];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        let mut into = [IoSliceMut::new(&mut length)];
        match recvmsg(socket, &mut into, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Ok(got) => break got.bytes,
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CONNRESET) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        }
    };
    if got == 0 {
        return Ok(None);
    }
    let mut files = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(sent) = message {
            files.extend(sent);
        }
    }
    socket.read_exact(&mut length[got..])?;
    let length = u64::from_le_bytes(length);
    if length > MAX {
        return Err(io::Error::other("a message is too long"));
    }
    let mut body = vec![0; length as usize];
    socket.read_exact(&mut body)?;
    Ok(Some((serde_json::from_slice(&body)?, files)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd as _;

    #[test]
    fn messages_and_open_files_arrive() {
        let (one, other) = UnixStream::pair().unwrap();
        let (reader, mut writer) = io::pipe().unwrap();
        let sent = std::thread::spawn(move || {
            send(&one, &"x".repeat(1 << 20), &[reader.as_fd()]).unwrap();
            send(&one, &Report::Ended(JailEnd::Exit(3)), &[]).unwrap();
        });
        let (text, mut files) = receive::<String>(&other).unwrap().unwrap();
        assert_eq!((text.len(), files.len()), (1 << 20, 1));
        writer.write_all(b"through").unwrap();
        drop(writer);
        let mut through = String::new();
        io::PipeReader::from(files.remove(0)).read_to_string(&mut through).unwrap();
        assert_eq!(through, "through");
        let (report, files) = receive::<Report>(&other).unwrap().unwrap();
        assert!(matches!(report, Report::Ended(JailEnd::Exit(3))) && files.is_empty());
        sent.join().unwrap();
        assert!(receive::<Report>(&other).unwrap().is_none());
    }

    #[test]
    fn damaged_messages_are_errors() {
        for bytes in
            [&[1, 0][..], &[0xff; 8], &[2, 0, 0, 0, 0, 0, 0, 0, b'{'], &[1, 0, 0, 0, 0, 0, 0, 0, b'{']]
        {
            let (mut one, other) = UnixStream::pair().unwrap();
            one.write_all(bytes).unwrap();
            drop(one);
            assert!(receive::<Report>(&other).is_err(), "{bytes:?}");
        }
    }
}
