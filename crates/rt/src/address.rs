//! Parses socket addresses. The parser in `core` takes 2 KB of code. The C library is linked anyway and reads the same
//! addresses.

use alloc::ffi::CString;
use core::ffi::{c_char, c_int, c_void};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

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

/// Parses an address with a port, such as `127.0.0.1:80`, `[::1]:80` or `[fe80::1%2]:80`. Accepts exactly what
/// `text.parse()` accepts. Returns `None` for anything else.
pub fn parse_socket_address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.rsplit_once(':')?;
    let port = number(port)?;
    let Some(inner) = host.strip_prefix('[') else {
        return Some((parse_v4(host)?, port).into());
    };
    let host = inner.strip_suffix(']')?;
    let (host, scope) = match host.split_once('%') {
        Some((host, scope)) => (host, number(scope)?),
        None => (host, 0),
    };
    Some(SocketAddrV6::new(parse_v6(host)?, port, 0, scope).into())
}

/// Parses a number that has no sign.
fn number<T: core::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let text = CString::new(text).ok()?;
    let mut address = [0u8; 4];
    // SAFETY: `CString` ends the text with a NUL. `inet_pton` writes the 4 bytes of an IPv4 address, and `address` has
    // 4.
    let read = unsafe { inet_pton(AF_INET, text.as_ptr(), address.as_mut_ptr().cast()) };
    (read == 1).then(|| address.into())
}

fn parse_v6(text: &str) -> Option<Ipv6Addr> {
    let text = CString::new(text).ok()?;
    let mut address = [0u8; 16];
    // SAFETY: `CString` ends the text with a NUL. `inet_pton` writes the 16 bytes of an IPv6 address, and `address` has
    // 16.
    let read = unsafe { inet_pton(AF_INET6, text.as_ptr(), address.as_mut_ptr().cast()) };
    (read == 1).then(|| address.into())
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
