use std::io;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

/// `RTM_NEWLINK` for interface 1, which is `lo` in every new network namespace: set `IFF_UP`.
/// A header (length 32, type 16, flags request and acknowledge, sequence 1, port 0), then family, type, index, flags
/// and the mask of changed flags; all in the byte order of the machine.
fn request() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&32_u32.to_ne_bytes());
    bytes[4..6].copy_from_slice(&16_u16.to_ne_bytes());
    bytes[6..8].copy_from_slice(&5_u16.to_ne_bytes());
    bytes[8..12].copy_from_slice(&1_u32.to_ne_bytes());
    for at in [20, 24, 28] {
        bytes[at..at + 4].copy_from_slice(&1_u32.to_ne_bytes());
    }
    bytes
}

/// Brings up loopback in the network namespace of this process; its addresses come with it.
pub(super) fn up() -> io::Result<()> {
    // Without a protocol, a netlink socket is one for routes and interfaces.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    send(&socket, &request(), SendFlags::empty())?;
    let mut answer = [0; 128];
    let (_, length) = recv(&socket, &mut answer, RecvFlags::empty())?;
    // An `NLMSG_ERROR` message: its header is followed by a negative error number, or by 0.
    let kind = u16::from_ne_bytes([answer[4], answer[5]]);
    let error = i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]);
    match (length, kind, error) {
        (20.., 2, 0) => Ok(()),
        (20.., 2, error) => Err(io::Error::from_raw_os_error(-error)),
        _ => Err(io::Error::other("the kernel's answer is not understood")),
    }
}
