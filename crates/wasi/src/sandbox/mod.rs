//! A directory of the host, and what a guest may reach through it: nothing that is not beneath it. This is the one
//! place where paths of guests meet the host.
//!
//! On Linux the kernel keeps them in (`openat2`), elsewhere cap-std does, component by component. Both have the same
//! interface: `Dir`. A path that leads out is [`Errno::PERM`].
//!
//! [`Errno::PERM`]: crate::Errno::PERM

#[cfg_attr(target_os = "linux", path = "openat2.rs")]
#[cfg_attr(not(target_os = "linux"), path = "cap.rs")]
mod dir;

pub(crate) use dir::Dir;
