//! Parses socket addresses. The parser in `core` takes 2 KB of code. The C library is linked anyway and reads the same
//! addresses.

use core::ffi::{c_char, c_int, c_void};
use core::net::{Ipv4Addr, SocketAddr, SocketAddrV6};

unsafe extern "C" {
    fn inet_pton(family: c_int, text: *const c_char, address: *mut c_void) -> c_int;
}

const AF_INET: c_int = 2;
const AF_INET6: c_int = if cfg!(target_os = "linux") {
    10
} else if cfg!(target_vendor = "apple") {
    30
} else if cfg!(any(target_os = "freebsd", target_os = "dragonfly")) {
    28
} else {
    24
};

/// The maximum length of the text of an address, with the NUL behind it. The longest is that of an IPv6 address which
/// ends as an IPv4 address.
const MAX_TEXT: usize = 46;

/// Parses an address with a port, such as `127.0.0.1:80`, `[::1]:80` or `[fe80::1%2]:80`. Accepts exactly what
/// `text.parse()` accepts. Returns `None` for anything else.
#[inline(never)]
pub fn parse_socket_address(text: &str) -> Option<SocketAddr> {
    let colon = text.bytes().rposition(|byte| byte == b':')?;
    let (host, port) = (&text[..colon], number(&text[colon + 1..])?.try_into().ok()?);
    let Some(inner) = host.strip_prefix('[') else {
        let address = parse(host, AF_INET)?;
        return Some((Ipv4Addr::from(*address.first_chunk()?), port).into());
    };
    let host = inner.strip_suffix(']')?;
    let (host, scope) = match host.split_once('%') {
        Some((host, scope)) => (host, number(scope)?),
        None => (host, 0),
    };
    Some(SocketAddrV6::new(parse(host, AF_INET6)?.into(), port, 0, scope).into())
}

/// Parses a number that has no sign.
#[inline(never)]
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Parses an address without a port. One of IPv4 has only the first 4 bytes of the result.
#[inline(never)]
fn parse(text: &str, family: c_int) -> Option<[u8; 16]> {
    let mut bytes = [0; MAX_TEXT];
    if text.len() >= MAX_TEXT || text.contains('\0') {
        return None;
    }
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    let mut address = [0; 16];
    // SAFETY: a NUL follows the text. `inet_pton` writes 4 or 16 bytes, and `address` has 16.
    let read = unsafe { inet_pton(family, bytes.as_ptr().cast::<c_char>(), address.as_mut_ptr().cast()) };
    (read == 1).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_addresses_are_accepted_as_by_core() {
        let texts = "127.0.0.1:80 0.0.0.0:0 255.255.255.255:65535 256.0.0.1:1 1.2.3:4 1.2.3.4 1.2.3.4: 1.2.3.4:65536 1.2.3.4:+5 1.2.3.4:-5
            01.2.3.4:5 1.2.3.04:5 1.2.3.4.5:6 1..3.4:5 1.2.3.4:00080 localhost:80 :80 : [::1]:80 [::]:0 ::1:80 [::1] [::1]: []:80 [::1:80
            ::1]:80 [1:2:3:4:5:6:7:8]:9 [1:2:3:4:5:6:7:8:9]:1 [1::2::3]:4 [::ffff:1.2.3.4]:5 [12345::]:6 [fe80::1%2]:7 [fe80::1%]:7 [fe80::1%eth0]:7
            [fe80::1%4294967295]:7 [fe80::1%4294967296]:7 [1.2.3.4]:5 [::g]:1 [FE80::aBcD]:1 [::1]:80x [[::1]]:80 0x7f.0.0.1:1 1.2.3.4:5:6";
        for text in texts.split_whitespace().chain([
            "",
            " 1.2.3.4:5",
            "1.2.3.4:5 ",
            "1.2.3.4 :5",
            "1.2.3.4\0:5",
            "[::1]:\u{661}",
        ]) {
            assert_eq!(parse_socket_address(text), text.parse().ok(), "{text:?}");
        }
    }
}
